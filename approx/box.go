package approx

import (
	"fmt"
	"math/big"
	"strings"
)

// OnBox returns the formula on the cube [0,1]^d that has at t the value of text at lo + (hi - lo) t, t along every coordinate: every
// variable of text is replaced by that. lo and hi are numbers as formulas have them, perhaps with a sign, lo < hi. Errors
// are those of ParseExpr, with columns of text, and of the ends.
func OnBox(text, lo, hi string) (string, error) {
	from, err := boxEnd(lo)
	if err != nil {
		return "", err
	}
	to, err := boxEnd(hi)
	if err != nil {
		return "", err
	}
	if from.Cmp(to) >= 0 {
		return "", fmt.Errorf("box %s,%s: expected a lower and an upper end, the first less than the second", lo, hi)
	}
	code, err := parse(text)
	if err != nil {
		return "", err
	}
	variable := map[int]bool{}
	for _, in := range code {
		if in.op == opVariable {
			variable[in.column] = true
		}
	}
	var out strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); {
		if !variable[i+1] {
			out.WriteRune(runes[i])
			i++
			continue
		}
		end := i + 1
		for end < len(runes) && runes[end] >= '0' && runes[end] <= '9' {
			end++
		}
		fmt.Fprintf(&out, "(%s+((%s)-(%s))*%s)", lo, hi, lo, string(runes[i:end]))
		i = end
	}
	return out.String(), nil
}

// BoxSide returns hi - lo, rounded up, for ends that OnBox takes: a Lipschitz constant on the box times that is one on the cube.
func BoxSide(lo, hi string) float64 {
	from, err := boxEnd(lo)
	if err != nil {
		return 0
	}
	to, err := boxEnd(hi)
	if err != nil {
		return 0
	}
	return RatInterval(new(big.Rat).Sub(to, from)).Hi
}

// boxEnd reads a number with an optional sign.
func boxEnd(text string) (*big.Rat, error) {
	bare := strings.TrimLeft(text, "+-")
	code, err := parse(bare)
	if len(text)-len(bare) > 1 || err != nil || len(code) != 1 || code[0].op != opNumber {
		return nil, fmt.Errorf("end of the box %q: expected a number", text)
	}
	v := code[0].number
	if strings.HasPrefix(text, "-") {
		v = new(big.Rat).Neg(v)
	}
	return v, nil
}
