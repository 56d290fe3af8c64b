package dataset

import (
	"fmt"
	"slices"
)

// missingSigns are the texts that stand for no value, in a column of numbers and
// in one of texts.
var missingSigns = []string{"", "NA", "N/A", "n/a", "#N/A", "#NA", "#N/A N/A", "<NA>", "NaN", "nan", "NAN", "Nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "null", "NULL", "Null", "None", "NaT", `\N`, "?", "-", "--", "."}

// Policy says what becomes of missing values.
type Policy int

// The policies.
const (
	Refuse Policy = iota // an error names the first one
	Impute               // the mean and a feature that says so
	Drop                 // the row is left out
)

var policyNames = []string{Refuse: "refuse", Impute: "impute", Drop: "drop"}

// String is the name of the policy.
func (p Policy) String() string { return policyNames[p] }

// ParsePolicy is the inverse of Policy.String.
func ParsePolicy(name string) (Policy, error) {
	if k := slices.Index(policyNames, name); k >= 0 {
		return Policy(k), nil
	}
	return Refuse, fmt.Errorf("%q, want refuse, impute or drop", name)
}
