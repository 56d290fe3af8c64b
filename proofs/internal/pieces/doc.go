// Package pieces decides m(nu) <= n beta, m(nu) = max_{|w| <= 1} |nu'relu(Xw)|, from
// the evidence of a section global pieces (FORMAT.md says what it claims): groups
// of rows near planes through the origin, and a tree for each sign of nu whose
// leaves carry multipliers. It computes in float64 and adds, to whatever it
// compares, a bound of its rounding errors, so that it may refuse what is true by
// a relative 1e-9 but never accepts what is false.
package pieces
