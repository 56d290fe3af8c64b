// Package verdict holds what a check answers: a report of claims, each valid,
// invalid or malformed.

package verdict
