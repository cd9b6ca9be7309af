use super::*;

fn edit(start: usize, end: usize, before: &str, after: &str) -> Edit {
    Edit { start, end, before: before.to_owned(), after: after.to_owned() }
}

#[test]
fn edits_have_characters_places_and_neighbours_are_one() {
    assert_eq!(edits("He go home .", "He goes home ."), [edit(3, 5, "go", "goes")]);
    assert_eq!(edits("He went home", "He went to his home"), [edit(8, 8, "", "to his")]);
    assert_eq!(edits("é ü the the end", "é ü the end"), [edit(8, 11, "the", "")]);
    assert_eq!(edits("the end", "The end ."), [edit(0, 3, "the", "The"), edit(7, 7, "", ".")]);
    assert_eq!(edits("a b c d", "a x y d"), [edit(2, 5, "b c", "x y")]);
    assert_eq!(edits("", "new words"), [edit(0, 0, "", "new words")]);
    assert_eq!(edits("all  gone", ""), [edit(0, 9, "all  gone", "")]);
    assert_eq!(edits("same", " same\u{a0}"), []);
}

#[test]
fn like_words_are_aligned() {
    assert_eq!(edits("I has dog", "I have a dog"), [edit(2, 5, "has", "have a")]);
    assert_eq!(edits("a citys in", "in a cities"), [edit(0, 0, "", "in"), edit(2, 10, "citys in", "cities")]);
}

#[test]
fn every_edit_applied_gives_the_target() {
    for (source, target) in [("a b c", "c b a"), ("x y", "z"), ("one two three four", "two 2 three 4 four")] {
        let mut text: Vec<char> = source.chars().collect();
        for edit in edits(source, target).into_iter().rev() {
            let put = if edit.start == edit.end { format!(" {} ", edit.after) } else { edit.after };
            text.splice(edit.start..edit.end, put.chars());
        }
        let text: String = text.into_iter().collect();
        assert!(text.split_whitespace().eq(target.split_whitespace()), "{source}: {text}, expected {target}");
    }
}

#[test]
fn the_best_reference_counts_and_wrong_edits_cost_more() {
    let scores = edit_scores(&[
        ("he go home", "he goes home", vec!["He go home .", "he goes home"]),
        ("a cat", "the cat", vec!["a cat", "one cat"]),
        ("they is", "they is", vec!["they are"]),
    ]);
    let value = |metric| scores.get(metric).unwrap().value;
    assert_eq!((value("edit_precision"), value("edit_recall")), (0.5, 0.5));
    assert!((value("edit_f0.5") - 0.5).abs() < 1e-12);
}

#[test]
fn nothing_to_do_and_nothing_done_is_right() {
    let scores = edit_scores(&[("a", "a", vec!["a"])]);
    assert!(scores.0.iter().all(|score| score.value == 1.0));
    assert_eq!(edit_scores::<&str>(&[]).get("edit_recall").unwrap().n, 0);
}
