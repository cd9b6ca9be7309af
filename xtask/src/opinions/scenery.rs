//! What says nothing about the verdict: people, subjects, names, facts. Both verdicts draw on it alike.

use std::sync::LazyLock;

use super::lexicon::{Words, plain};

/// "about {a person} {who does something}"
pub static PEOPLE: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            a retired boxer, a jazz pianist, a young widow, a small-town teacher, a country doctor, a bank clerk,
            a lighthouse keeper, a runaway bride, an ageing spy, a shy librarian, a teenage runaway, a war photographer,
            a struggling actor, a truck driver, a chess prodigy, a nurse, a detective, a farmer's daughter, a soldier,
            a divorced father, a travelling salesman, a nun, a con man, a private eye, a ballet dancer, a baker,
            an orphan, a fisherman, a high-school student, a robot, a young king, a taxi driver, a grandmother,
            a mountain guide, a physicist, a stranger, an astronaut, a politician, a hitman, a circus performer,
            a seamstress, a convict, a violin maker, a priest, a pirate, a tax inspector, a football coach, a ghost,
            a single mother, an old sailor, a journalist, a street musician
            ",
    )
});

pub static SITUATIONS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            who inherits a hotel by the sea, who comes home after twenty years, who takes the wrong suitcase,
            who must cross a desert on foot, who discovers a family secret, who hides from the police,
            who falls for a neighbour, who joins a travelling theatre, who investigates a murder in the village,
            who moves to the big city, who plans one last job, who receives a letter from the past,
            who enters a cooking contest, on the night before a wedding, during the war,
            who crosses the country by train, who is mistaken for somebody else, who wakes up in another century,
            who looks for a lost brother, who raises a child alone, who loses a job at the mill, who learns to dance,
            who wins the lottery, who befriends a dying man, who moves into a haunted house,
            who is haunted by an old crime, in a mining town in the thirties, who tries to save the family farm,
            who follows a stranger to Lisbon, who trains for the Olympics, who is sent to a remote island,
            who returns from prison, who starts a band, caught between two families, at the end of a long career,
            on the run from the mob, stranded in the mountains, who keeps bees and secrets, who is elected mayor,
            whose memory begins to fail, who cares for an ailing mother, who meets an old love by chance,
            who takes in a stray dog, whose twin disappears, who witnesses a robbery, who wants to be left alone,
            in nineteenth-century Paris, in a city under siege, who adopts a false name, who has one week to live
            ",
    )
});

pub static THEMES: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            grief, family life, first love, small-town life, ambition, old age, war, friendship, marriage, loneliness,
            revenge, power, memory, growing up, exile, money, faith, loss, justice, fame, parenthood, betrayal, guilt,
            freedom, class, the theatre, crime, art, science, politics, school days, city life, the sea, illness,
            divorce, motherhood, addiction, race, survival, modern love, office life, brotherhood, immigration,
            obsession
            ",
    )
});

pub static FORMS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            portrait of, study of, look at, meditation on, tale of, story of, take on, account of, exploration of,
            examination of, treatment of, reflection on, glimpse of, essay on, history of
            ",
    )
});

pub static NAMES: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            Hartley, Okafor, Lindqvist, Moreau, Castellan, Whitcombe, Abara, Delgado, Novak, Ishida, Brennan, Kowalski,
            Ferreira, Ashdown, Marchetti, Petrov, Sandoval, Quill, Hargreave, Tanaka, Osei, Valdez, Winslow, Kaplan,
            Ruiz, Thornbury, Menon, Jansen, Duval, Carrow, Bianchi, Holloway, Yilmaz, Strand, Farrow, Nakamura, Coyle,
            Bellamy, Sorensen, Mbeki
            ",
    )
});

pub static TITLES: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            The Salt Road, Northern Line, The Glass Harbour, Winter Quarters, Nine Doors, The Long Field,
            Paper Lanterns, A Room in Trieste, Harvest, The Clockmaker's Son, Low Tide, Second Avenue, Blackwater,
            The Last Ferry, Silver Street, Under the Viaduct, Midnight at the Orpheum, The Cartographer, Red Dust,
            Seven Sundays, The Other Brother, Kestrel, House of Cedars, The Understudy, Night Bus, Ordinary Ghosts,
            Two Rivers, Meridian
            ",
    )
});

pub static INTENSIFIERS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            very, very, really, truly, utterly, thoroughly, completely, absolutely, so, quite, simply, extremely,
            incredibly, totally, altogether, wholly, entirely, pretty, downright, just plain, almost unbelievably,
            consistently
            ",
    )
});

pub static SPANS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            from start to finish, from beginning to end, from first to last, throughout, all the way through,
            from the very first minute, most of the time, in every way, for the most part, in the end, as a whole,
            on every level, in almost every respect, at every turn, to the very end, for an hour and a half,
            from top to bottom
            ",
    )
});

pub static AUDIENCES: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            fans of the genre, children, adults, the whole family, teenagers, older viewers, anyone over ten,
            fans of the original, newcomers, students, parents, night owls, readers of the book, most people,
            devotees, the faithful, connoisseurs, general audiences, critics, casual viewers
            ",
    )
});

pub static RIVALS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            its predecessor, the original, the last one, the first one, most of its kind, its rivals, the remake,
            the previous one, anything else this year, anything I know, the other one, last year's, the competition,
            the old one, most, many others, the one before
            ",
    )
});

pub static YEARS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            of the year, of the season, in years, in ages, in a long time, of the decade, this year, so far this year,
            of the summer, of recent times, in living memory, of its kind, in recent memory, since last winter,
            you are likely to find, I can remember, I know, of its generation, in town, on the market,
            of the past ten years
            ",
    )
});

pub static COMPANIONS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            my mother, my wife, my husband, my children, my sister, a friend, my brother, my daughter, my son,
            two friends, my father, my neighbour, an old friend, my grandmother, my flatmate, my boss
            ",
    )
});

pub static OPENERS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            in short, all in all, frankly, to be honest, overall, in the end, quite simply, honestly, for me,
            in my opinion, to be fair, let me be clear, believe me, once again, to put it simply, as expected,
            say what you like, on the whole, make no mistake, all told
            ",
    )
});

/// What can be said of a story between commas.
pub static FACTS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "
            based on a true story, set in the fifties, set on an island, told in flashbacks, set over a single night,
            now in its second year, made on a small budget, set in a future not far off, the first of three,
            the third in the series, told in the first person, set in Chicago, set among fishermen,
            inspired by a newspaper article, set in a boarding school, told from the point of view of a child,
            set before the war, drawn from old letters, set in two cities at once, part comedy and part mystery,
            loosely based on Shakespeare, set at a wedding, set aboard a ship, set in the world of fashion,
            the work of a newcomer, ten years in the making
            ",
    )
});

/// What a story is made of, as critics call it.
pub static CRAFTS: LazyLock<Words> = LazyLock::new(|| {
    plain(
        "storytelling, fare, drama, comedy, material, work, stuff, satire, fiction, melodrama, theatre, romance, horror",
    )
});
