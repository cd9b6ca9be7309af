//! How a tokenizer sets two texts together.

use super::foreign;
use super::model::Tokenizer;
use super::pair::Pair;

impl Tokenizer {
    /// How two texts are read as one: as the tokenizer's own template says, or, in tokenizers trained here, with the token
    /// `sep` between them. `None` for one that sets nothing between two texts.
    pub fn pair(&self) -> Option<&Pair> {
        self.pair.as_deref()
    }

    /// How a question and its passage are read: as [`pair`](Self::pair) where a template closes both texts, else
    /// `bos question sep passage eos`. What stands first is where "no answer" is.
    pub fn question_pair(&self) -> Pair {
        match self.pair() {
            Some(pair) if pair.is_closed() => pair.clone(),
            _ => Pair::new(&[self.special.bos], &[self.special.sep], &[self.special.eos]),
        }
    }

    /// The text of a `tokenizer.json` that by itself puts around a text what this program does, and around two texts what
    /// `pair` says; where not `typed`, all tokens are of one part. One made elsewhere is left as it is if its own template
    /// says that.
    pub fn to_json_with_template(&self, pair: Option<&Pair>, typed: bool) -> String {
        let has_own = self.inner.get_post_processor().is_some();
        if has_own && pair.is_none_or(|pair| Some(pair) == self.pair()) {
            return self.json.to_string();
        }
        let name = |id| self.token(id).unwrap_or_default();
        let pair = pair.cloned().unwrap_or_else(|| self.question_pair());
        foreign::with_template(&self.json, &pair, &self.around, typed, name)
    }
}
