package proofs

import "multigrade/proofs/internal/verdict"

// A Report is the outcome of checking: one Claim each, with its Verdict.
type (
	Verdict = verdict.Verdict
	Claim   = verdict.Claim
	Report  = verdict.Report
)

// Verdicts.
const (
	Valid     = verdict.Valid     // proved
	Invalid   = verdict.Invalid   // refuted, or not proved by the evidence given
	Malformed = verdict.Malformed // not readable as a claim
	Unchecked = verdict.Unchecked // what a file says and nobody checks
)
