//! How closely a field points at a person, in the words of UK GDPR and the ICO.

use serde::Serialize;

/// The class of a field decides who may see its values and where they may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Says nothing about who a person is (a course's level, a partner's code).
    None,
    /// Points at a person together with other facts (date of birth, postcode, nationality).
    Indirect,
    /// Points at a person alone (name, telephone, document number).
    Direct,
    /// Special category or criminal-offence data (health, ethnicity).
    Special,
}

impl Class {
    /// Every class, from the least to the most protected.
    pub const ALL: [Self; 4] = [Self::None, Self::Indirect, Self::Direct, Self::Special];

    /// The word that schema files use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Indirect => "indirect",
            Self::Direct => "direct",
            Self::Special => "special",
        }
    }

    /// The phrase that a message uses where a value is withheld.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::None => "no identifier",
            Self::Indirect => "indirect identifier",
            Self::Direct => "direct identifier",
            Self::Special => "special category",
        }
    }

    /// The class named by a schema file's word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}
