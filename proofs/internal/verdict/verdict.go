package verdict

import (
	"encoding/json"
	"fmt"
)

// A Verdict is the checker's answer to one claim. Malformed is not Invalid:
// a malformed file says nothing that could be true or false.
type Verdict int

const (
	Valid     Verdict = iota // proved
	Invalid                  // refuted, or not proved by the evidence given
	Malformed                // not readable as a claim

	// Unchecked marks what a file says and nobody checks. It is no verdict of a report.
	Unchecked Verdict = -1
)

var verdictNames = map[Verdict]string{Valid: "valid", Invalid: "invalid", Malformed: "malformed", Unchecked: "not checked"}

func (v Verdict) String() string { return verdictNames[v] }

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// A Claim is one line of a report: what was claimed, for which scope (the
// listed patterns, the samples, a file), the verdict, and in words the place
// and the amount.
type Claim struct {
	Name    string  `json:"claim"`
	Scope   string  `json:"scope"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`
}

// A Report is the list of the claims checked, in a fixed order.
type Report struct {
	Claims []Claim
}

// Verdict returns the worst verdict of the claims: Malformed, then Invalid,
// then Valid. A report without a claim that was checked has shown nothing and is Malformed.
func (r Report) Verdict() Verdict {
	worst := Unchecked
	for _, c := range r.Claims {
		worst = max(worst, c.Verdict)
	}
	if worst == Unchecked {
		return Malformed
	}
	return worst
}

// Checked counts the claims that were checked.
func (r Report) Checked() (n int) {
	for _, c := range r.Claims {
		if c.Verdict != Unchecked {
			n++
		}
	}
	return n
}

// MarshalJSON writes {"verdict": .., "claims": [..]}.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Verdict Verdict `json:"verdict"`
		Claims  []Claim `json:"claims"`
	}{r.Verdict(), r.Claims})
}

func (r *Report) Add(name, scope string, v Verdict, detail string) {
	r.Claims = append(r.Claims, Claim{Name: name, Scope: scope, Verdict: v, Detail: detail})
}

// Judge records a claim: valid with the detail, or invalid with the error.
func (r *Report) Judge(name, scope, detail string, err error) {
	if err != nil {
		r.Add(name, scope, Invalid, err.Error())
		return
	}
	r.Add(name, scope, Valid, detail)
}

// Claims that files of several kinds make, and the scope of those about a file as a
// whole.
const (
	ClaimFormat = "format"
	ScopeFile   = "file"
	ClaimFile   = "file" // a file has the hash manifest.json says
)

// ClaimDeadZone names the claim that a dead zone is wide enough for what its
// network leaves, so that |e_k| <= |e_{k-1}| and |e_k| <= 2 eps at every training
// row, as float64 numbers.
const ClaimDeadZone = "dead-zone"

// KnownWord says that got, the contents of a field, is none of those known.
func KnownWord(field, got string, known ...string) error {
	for _, k := range known {
		if got == k {
			return nil
		}
	}
	return fmt.Errorf("%s: %q, expected one of %q", field, got, known)
}
