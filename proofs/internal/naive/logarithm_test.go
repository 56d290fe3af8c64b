package naive

import (
	"math/big"
	"testing"
)

// TestNaiveLogarithms: the enclosures hold known digits (of log 2, log 10, e^-1,
// e^-700), and are narrow.
func TestNaiveLogarithms(t *testing.T) {
	narrow := ratDecimal("1e-40")
	for _, s := range []struct {
		name  string
		got   Range
		want  string
		error string // of want
	}{
		{"log 2", naiveLog(RatInt(2)), "0.693147180559945309417232121458176568", "1e-36"},
		{"log 10", naiveLog(RatInt(10)), "2.302585092994045684017991454684364208", "1e-36"},
		{"log 1/10", naiveLog(big.NewRat(1, 10)), "-2.302585092994045684017991454684364208", "1e-36"},
		{"log 1", naiveLog(RatInt(1)), "0", "1e-40"},
		{"exp -1", naiveExp(RatInt(1)), "0.367879441171442321595523770161460867", "1e-36"},
		{"exp 0", naiveExp(new(big.Rat)), "1", "1e-40"},
		{"softplus 0", naiveSoftplus(new(big.Rat)), "0.693147180559945309417232121458176568", "1e-36"},
		{"softplus 2000", naiveSoftplus(RatInt(2000)), "0", "1e-40"},
		{"softplus -2000", naiveSoftplus(RatInt(-2000)), "2000", "1e-40"},
		{"negentropy 1/2", naiveNegentropy(big.NewRat(1, 2)), "-0.693147180559945309417232121458176568", "1e-36"},
		{"negentropy 1", naiveNegentropy(RatInt(1)), "0", "1e-40"},
	} {
		want, by := ratDecimal(s.want), ratDecimal(s.error)
		if s.got.Lo.Cmp(s.got.Hi) > 0 || RatSub(s.got.Hi, s.got.Lo).Cmp(narrow) > 0 || s.got.Lo.Cmp(ratAdd(want, by)) > 0 || s.got.Hi.Cmp(RatSub(want, by)) < 0 {
			t.Errorf("%s in [%s, %s], want %s", s.name, s.got.Lo.FloatString(40), s.got.Hi.FloatString(40), s.want)
		}
	}
}
