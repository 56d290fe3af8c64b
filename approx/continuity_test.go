package approx_test

import (
	"errors"
	"testing"

	"multigrade/approx"
)

func TestContinuous(t *testing.T) {
	for _, text := range []string{"x", "floor(2.5)*x", "floor(x/2)+y", "floor(x*(1-x)+0.5)", "floor(x^2/2+y/3)", "max(x,y)"} {
		if err := expression(t, text, 2).Continuous(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, at := range map[string][]float64{"floor(x)": {1, 0}, "1+floor(3*x)": {1.0 / 3, 0}, "floor(x+y)": {1, 0}, "floor(y-0.25)": {0, 0.25}} {
		err := expression(t, text, 2).Continuous()
		var jump *approx.DomainError
		if !errors.As(err, &jump) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for j, side := range jump.Box {
			if side.Hi-side.Lo > 0x1p-19 {
				t.Errorf("%s: the box %v is wide", text, jump.Box)
			}
			if text != "floor(x+y)" && at[j] != 0 && !(side.Lo <= at[j] && at[j] <= side.Hi) {
				t.Errorf("%s: jumps at %v, the box is %v", text, at, jump.Box)
			}
		}
	}
}
