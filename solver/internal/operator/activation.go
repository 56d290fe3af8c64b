package operator

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"multigrade/hyperplane"
	"multigrade/internal/dense"
)

// Activation says which convex program is meant: that of a network of units
//
//	phi_s(t) = max(t, 0) + s min(t, 0),    -1 <= s < 1,
//
// relu for s = 0, leaky relu for 0 < s < 1, the absolute value for s = -1; or that
// of gated units 1[x.g > 0] (x.u), which has no cones.
//
// # The program of phi_s
//
// On the cone S_p X u >= 0 of a pattern, S_p = 2 D_p - I, phi_s(Xu) = A_p X u with
// the diagonal
//
//	A_p = D_p + s (I - D_p),    1 on active rows, s on the others,
//
// so the program of relu holds with A_p in the place of D_p and the same cones, and
// so does its dual: nu is feasible when for every p and both signs a mu >= 0 has
//
//	| X'(+-A_p nu + S_p mu) |_2 <= n beta.
//
// phi_s is positively homogeneous and its neurons are balanced like those of relu.
//
// # Over all patterns
//
// With phi_s(t) = max(t, 0) - s max(-t, 0) every sample is two rows of relu,
//
//	nu'phi_s(Xw) = [nu; -s nu]' relu([X; -X] w),
//
// so m(nu) is that of relu for the stacked rows and weights (Stacked), and all that
// bounds the one bounds the other. The arrangement of hyperplanes is the same.
//
// The pattern without an active row is not needed: its u does for s X u what -s u
// does in the pattern of -u, at |s| <= 1 times the cost. For s = -1 the
// patterns of u and -u have the same blocks altogether, and one of them is enough:
// that with the first row active that is not on its hyperplane (Facing).
//
// # The kink
//
// A row on the hyperplane, x.w = 0, is inactive in patterns, D = diag(1[Xw > 0]), and
// has phi_s(0) = 0 in any case. Training, which needs some slope there, takes that of
// the active side, 1[z >= 0] (Chain): neurons begin with kinks at rows, and a row
// with slope 0 would not move them.
type Activation struct {
	// Gated: units with a gate g of their own, of the slope 1 where x.g > 0 and s
	// elsewhere, for which nothing but s = 0 has a name.
	Gated bool
	// Slope is s.
	Slope float64
}

// The activations without a parameter.
var (
	ReLU     = Activation{}
	Gated    = Activation{Gated: true}
	Absolute = Activation{Slope: -1}
)

// Leaky is the leaky relu of a slope between 0 and 1; slope 0 is ReLU.
func Leaky(slope float64) Activation { return Activation{Slope: slope} }

const leakyName = "leaky"

// ActivationNames lists how activations are called, the default first.
func ActivationNames() []string { return []string{"relu", "gated", leakyName + ":S", "abs"} }

// String is the name that ParseActivation takes.
func (a Activation) String() string {
	switch {
	case a.Gated:
		return "gated"
	case a.Slope == 0:
		return "relu"
	case a.Slope == -1:
		return "abs"
	}
	return leakyName + ":" + strconv.FormatFloat(a.Slope, 'g', -1, 64)
}

// ParseActivation is the inverse of String. A leaky slope lies strictly between 0
// and 1.
func ParseActivation(name string) (Activation, error) {
	for _, a := range []Activation{ReLU, Gated, Absolute} {
		if a.String() == name {
			return a, nil
		}
	}
	if text, ok := strings.CutPrefix(name, leakyName+":"); ok {
		s, err := strconv.ParseFloat(text, 64)
		if err != nil || !(s > 0 && s < 1) {
			return ReLU, fmt.Errorf("slope of %s is %q, want a number between 0 and 1", leakyName, text)
		}
		return Leaky(s), nil
	}
	names := ActivationNames()
	return ReLU, fmt.Errorf("activation %q, want %s or %s", name, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// Validate reports a slope for which there is no program.
func (a Activation) Validate() error {
	if !(a.Slope >= -1 && a.Slope < 1) || a.Slope < 0 && a.Slope != -1 {
		return fmt.Errorf("activation with slope %v, want 0 <= slope < 1, or -1", a.Slope)
	}
	return nil
}

// Diagonal writes A_p, for gated units D_p (n values).
func (a Activation) Diagonal(dst []float64, p hyperplane.Pattern) { a.DiagonalOf(dst, p.Words()) }

// DiagonalOf is Diagonal for the bits of the first len(dst) rows in words.
func (a Activation) DiagonalOf(dst []float64, words []uint64) {
	slopes := [2]float64{a.Slope, 1}
	for i := range dst {
		dst[i] = slopes[words[i>>6]>>(i&63)&1]
	}
}

// Signs writes S_p = 2 D_p - I (n values).
func Signs(dst []float64, p hyperplane.Pattern) { Activation{Slope: -1}.Diagonal(dst, p) }

// Of is phi_s(t), rounded once, 0 and never -0 where it vanishes.
func (a Activation) Of(t float64) float64 {
	switch {
	case t > 0:
		return t
	case a.Slope == 0:
		return 0
	}
	return float64(a.Slope*t) + 0
}

// Apply sets h = phi_s(z).
func (a Activation) Apply(h, z []float64) {
	dense.Select(h, z, z)
	if a.Slope != 0 {
		for i, v := range z {
			h[i] += a.Slope * min(v, 0)
		}
	}
}

// Chain sets z = phi_s'(z) o r, by the sign bit.
func (a Activation) Chain(z, r []float64) {
	if a.Slope != 0 {
		for i, v := range z {
			if z[i] = r[i]; math.Signbit(v) {
				z[i] *= a.Slope
			}
		}
		return
	}
	dense.Select(z, z, r)
}
