//! What opinions are about when people go out: food, rooms, shops and journeys.

use super::domains::{Domain, facet};
use super::lexicon::{plain, words};

pub fn domains() -> Vec<Domain> {
    vec![food(), room(), shop(), journey()]
}

fn food() -> Domain {
    Domain {
        weight: 7,
        story: false,
        items: plain(
            "meal, dinner, lunch, soup, curry, pizza, pie, steak, dessert, breakfast, cake, stew, salad, burger,
            sandwich, coffee",
        ),
        kinds: plain(
            "pasta dish, set menu, takeaway, roast, fish dish, chowder, noodle soup, cheesecake, Sunday lunch,
            vegetable curry, buffet",
        ),
        see: "try, order",
        seen: "tasted, ordered, had",
        made: plain("cooked, seasoned, served, prepared, presented, made, spiced"),
        makers: plain("chef, cook, waiter, owner"),
        facets: vec![
            facet(
                "service~, staff, waiter, waitress, owner",
                "friendly, attentive, prompt, helpful, charming, polite, efficient, welcoming, kind, cheerful,
                gracious",
                "rude, slow, surly, inattentive, careless, sullen, unfriendly, dismissive, snooty, chaotic,
                bad-tempered",
            ),
            facet(
                "sauce, meat~, bread~, crust, fish~, pastry~, rice~, vegetables*",
                "tender, rich, fresh, crisp, juicy, fragrant, fluffy, delicate, perfectly cooked, buttery, succulent,
                light",
                "soggy, dry, greasy, tough, stale, rubbery, watery, bland, burnt, limp, overcooked, cold, slimy, chewy",
            ),
            facet(
                "menu, portions*, wine list, dining room, atmosphere",
                "generous, inventive, varied, cosy, charming, relaxed, warm, tempting, inviting, well-chosen",
                "tiny, limited, dull, overpriced, stingy, noisy, gloomy, unimaginative, uninviting, cramped, mean",
            ),
        ],
        praise: [
            words(
                "delicious, tasty, scrumptious, mouth-watering, flavourful, aromatic, fragrant, savoury, hearty,
                fresh, comforting, well-seasoned, perfectly cooked, moreish, filling, yummy, lip-smacking,
                appetising, nourishing, wholesome, delectable, full of flavour, finger-licking good",
            ),
            words(
                "melt in the mouth, burst with flavour, taste like home, taste heavenly, tempt you back for seconds,
                warm you through",
            ),
            words(
                "I licked the plate clean, I asked for the recipe, I had seconds, not a crumb was left,
                I could eat it every day, my compliments to the chef, we fought over the last bite",
            ),
        ],
        blame: [
            words(
                "tasteless, flavourless, greasy, soggy, stodgy, rubbery, tough, dry, burnt, undercooked, overcooked,
                lukewarm, watery, oily, oversalted, sickly, cloying, inedible, unappetising, congealed, reheated,
                mushy, gluey, sour, rancid, gristly, lumpy, barely edible, foul, stone cold",
            ),
            words(
                "taste of nothing, taste like cardboard, turn the stomach, arrive cold, swim in grease,
                leave you hungry, upset your stomach",
            ),
            words(
                "I sent it back, I left most of it, the dog refused it, I was ill for two days, I went home hungry,
                I found a hair in it, school dinners were better, I could not finish it",
            ),
        ],
    }
}

fn room() -> Domain {
    Domain {
        weight: 6,
        story: false,
        items: plain("room, hotel, apartment, cottage, hostel, cabin, guest house, suite"),
        kinds: plain(
            "country inn, beach hotel, campsite, bed and breakfast, boarding house, city hotel, holiday home,
            mountain hut, motel",
        ),
        see: "book",
        seen: "booked, stayed in",
        made: plain("furnished, decorated, run, kept, lit, equipped, maintained, situated"),
        makers: plain("landlady, owner, manager, host"),
        facets: vec![
            facet(
                "bed, pillows*, mattress, furniture~",
                "comfortable, soft, cosy, luxurious, plump, elegant, handsome, heavenly",
                "lumpy, hard, sagging, stained, broken, creaky, uncomfortable, tatty, worn-out",
            ),
            facet(
                "bathroom, shower, kitchen, lobby, corridor",
                "spotless, gleaming, modern, spacious, well-equipped, immaculate, bright",
                "filthy, mouldy, tiny, grimy, smelly, freezing, grubby, dingy, leaky, dirty",
            ),
            facet(
                "staff*, service~, reception~, welcome",
                "friendly, helpful, warm, courteous, kind, attentive, gracious, professional, obliging, cheerful",
                "rude, unhelpful, cold, indifferent, surly, slow, hostile, unfriendly, incompetent, brusque",
            ),
            facet(
                "view, garden, location, pool, terrace",
                "breathtaking, lovely, peaceful, glorious, beautiful, delightful, idyllic, ideal, charming",
                "dismal, noisy, bleak, inconvenient, neglected, depressing, ugly, grim, dreary",
            ),
        ],
        praise: [
            words(
                "comfortable, cosy, clean, spotless, spacious, airy, bright, quiet, peaceful, restful, welcoming,
                immaculate, well-kept, well-appointed, snug, tidy, luxurious, roomy, sunny, relaxing, plush,
                spick and span, homely, tranquil, inviting",
            ),
            words(
                "feel like home, make you want to stay for ever, make you feel welcome, live up to the photographs,
                offer a perfect night's sleep",
            ),
            words(
                "I slept like a baby, we stayed an extra night, we did not want to leave, we felt at home at once,
                we have already booked again, nothing was too much trouble",
            ),
        ],
        blame: [
            words(
                "dirty, filthy, grubby, damp, musty, mouldy, noisy, cramped, dingy, poky, shabby, run-down, smelly,
                stuffy, draughty, freezing, gloomy, dilapidated, grimy, airless, uncomfortable, neglected,
                unwelcoming, squalid, bug-infested, overpriced",
            ),
            words(
                "smell of damp, smell of cigarettes, look nothing like the photographs, need a good clean,
                rattle all night, cost the earth",
            ),
            words(
                "I did not sleep a wink, we left a night early, we asked for another room,
                there were cockroaches in the bath, the walls are like paper, we slept in the car instead,
                the heating did not work",
            ),
        ],
    }
}

fn shop() -> Domain {
    Domain {
        weight: 4,
        story: false,
        items: plain("shop, store, bookshop, supermarket, bakery, garage, salon, restaurant, cafe, museum, gym, bank"),
        kinds: plain(
            "garden centre, shoe shop, pharmacy, market, department store, diner, library, swimming pool,
            gallery, pub",
        ),
        see: "visit, try",
        seen: "visited, tried",
        made: plain("run, stocked, organised, managed, lit, laid out, staffed"),
        makers: plain("manager, owner, assistant"),
        facets: vec![
            facet(
                "staff*, service~, manager, assistants*, owner",
                "friendly, helpful, knowledgeable, patient, courteous, polite, cheerful, honest, prompt, attentive,
                kind",
                "rude, unhelpful, ignorant, surly, pushy, slow, careless, bored, dishonest, sullen, arrogant",
            ),
            facet(
                "prices*, selection, range, parking~, queues*, opening hours*",
                "reasonable, fair, excellent, impressive, convenient, generous, unbeatable, sensible",
                "outrageous, limited, hopeless, awful, inconvenient, steep, disgraceful, extortionate, ridiculous",
            ),
        ],
        praise: [
            words(
                "friendly, helpful, well-stocked, tidy, welcoming, fair, affordable, efficient, well-run, reasonable,
                trustworthy, courteous, professional, good-value, customer-friendly, accommodating, reliable,
                spotless",
            ),
            words(
                "treat you like family, make you feel welcome, go the extra mile, keep its promises,
                put the customer first, charge a fair price",
            ),
            words(
                "they could not do enough for me, I will be back, they went out of their way to help,
                I have been a customer for years, they put it right at once, I always leave with a smile",
            ),
        ],
        blame: [
            words(
                "overpriced, understaffed, unfriendly, unhelpful, rude, disorganised, dirty, badly run, expensive,
                grasping, cluttered, unwelcoming, unprofessional, poorly stocked, greedy, money-grabbing, shambolic,
                dishonest",
            ),
            words(
                "treat you like dirt, overcharge you, keep you waiting for hours, ignore complaints,
                break its promises, take your money and run",
            ),
            words(
                "they lost my order, nobody answered the phone, I shall take my custom elsewhere,
                they refused to give a refund, I waited an hour and left, they could not have cared less,
                I was overcharged",
            ),
        ],
    }
}

fn journey() -> Domain {
    Domain {
        weight: 4,
        story: false,
        items: plain("flight, trip, journey, tour, cruise, holiday, train ride, ferry crossing, bus ride"),
        kinds: plain(
            "city break, boat trip, night train, walking tour, taxi ride, safari, weekend away, coach tour, sleeper,
            skiing holiday",
        ),
        see: "book, take",
        seen: "taken, booked",
        made: plain("organised, planned, run, guided, managed, arranged"),
        makers: plain("guide, driver, airline, captain"),
        facets: vec![
            facet(
                "seats*, cabin, food~, crew*, views*",
                "comfortable, friendly, delicious, spotless, roomy, attentive, spectacular, lovely, helpful",
                "cramped, rude, inedible, filthy, uncomfortable, indifferent, disgusting, broken, disappointing",
            ),
            facet(
                "guide, driver, check-in~, boarding~, organisation~",
                "knowledgeable, efficient, smooth, cheerful, courteous, entertaining, prompt, painless",
                "ill-informed, chaotic, slow, grumpy, reckless, bad-tempered, shambolic, hopeless, rude",
            ),
        ],
        praise: [
            words(
                "smooth, comfortable, scenic, punctual, relaxing, hassle-free, speedy, well-organised, carefree,
                painless, breathtaking, restful, effortless, leisurely, thrilling, idyllic, blissfully calm,
                stress-free, unhurried",
            ),
            words(
                "run like clockwork, go without a hitch, arrive early, make the miles fly by, live up to the brochure,
                go off perfectly",
            ),
            words(
                "we arrived rested, I would go again tomorrow, we did not want to go home,
                it was the trip of a lifetime, the scenery alone was worth the fare,
                we have been dreaming of it ever since",
            ),
        ],
        blame: [
            words(
                "bumpy, cramped, exhausting, uncomfortable, stressful, endless, badly organised, nerve-racking,
                overcrowded, gruelling, nightmarish, stuffy, hair-raising for the wrong reasons, overbooked, delayed,
                hellish, interminable, ill-planned",
            ),
            words(
                "arrive three hours late, go from bad to worse, leave without you, turn into a nightmare,
                lose your luggage, cost a fortune",
            ),
            words(
                "they lost our luggage, we missed our connection, I was sick the whole way,
                we sat on the ground for four hours, I would rather walk, nobody told us anything,
                I kissed the ground when it was over",
            ),
        ],
    }
}
