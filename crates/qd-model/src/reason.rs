//! Why a value is not there, in the words that an analyst's tools keep apart.

/// Why a cell holds no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The source has no column for it.
    NotAsked,
    /// The person did not want to say.
    Refused,
    /// Nobody knows, or nobody knows yet.
    NotKnown,
    /// There is nothing to know.
    NotApplicable,
    /// There is a value, and it is held until it is put right.
    Held,
    /// There is a value, and the recipient may not have it.
    Withheld,
}

impl Reason {
    /// Every reason, in the order of its number.
    pub const ALL: [Self; 6] =
        [Self::NotAsked, Self::Refused, Self::NotKnown, Self::NotApplicable, Self::Held, Self::Withheld];

    /// The words that stand in a release.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not asked",
            Self::Refused => "refused",
            Self::NotKnown => "not known",
            Self::NotApplicable => "not applicable",
            Self::Held => "held",
            Self::Withheld => "withheld for disclosure",
        }
    }

    /// Its number, from 1.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The reason of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }

    /// The letter of Stata's extended missing value: `.a` to `.f`.
    pub fn letter(self) -> char {
        char::from(b'a' + self as u8)
    }

    /// What a schema's label of a missing value says, as far as one of the reasons fits.
    pub fn of_label(label: &str) -> Option<Self> {
        let label = label.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
        if says(&["applicable"]) {
            Some(Self::NotApplicable)
        } else if says(&["refus", "prefer not", "declin", "not say", "not said"]) {
            Some(Self::Refused)
        } else if says(&["not asked", "not collected"]) {
            Some(Self::NotAsked)
        } else if says(&["known", "not given", "not recorded", "missing", "not answered"]) {
            Some(Self::NotKnown)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_numbers_and_letters_of_their_own() {
        let letters: String = Reason::ALL.into_iter().map(Reason::letter).collect();
        assert_eq!(letters, "abcdef");
        for reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), Some(reason));
            let told = Reason::of_label(reason.as_str());
            // Whether something is held or withheld is for us to say, and not for a partner's cell.
            let is_ours = matches!(reason, Reason::Held | Reason::Withheld);
            assert_eq!(told, (!is_ours).then_some(reason), "{reason:?}");
        }
        assert_eq!(Reason::from_number(0), None);
    }

    #[test]
    fn labels_of_schemas_are_understood() {
        let check = |label: &str, expected| assert_eq!(Reason::of_label(label), expected, "{label}");
        check("Prefer not to say", Some(Reason::Refused));
        check("not known yet", Some(Reason::NotKnown));
        check("Not known or not said", Some(Reason::Refused));
        check("N/A (not applicable)", Some(Reason::NotApplicable));
        check("blank", None);
    }
}
