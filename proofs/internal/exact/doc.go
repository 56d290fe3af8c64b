// Package exact computes with float64 numbers so that no rounding error is lost:
// balls (a value and a radius, rounded outwards), brackets (a lower and an upper end),
// compensated products, and dyadic rationals, which every float64 is, so that they
// decide what the others leave open. A Matrix is X (n x d) by rows, dense or sparse.
//
//	Ball      sums and products of a certificate: many terms, one sign to decide
//	Bracket   values of formulas on boxes: exp, log, sine, roots, powers
//	Dyadic    mant 2^e, sums and products exactly, comparisons, bounds of a root

package exact
