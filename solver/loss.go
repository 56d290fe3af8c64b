package solver

// Loss is the data term L(z) of a program, as a function of the prediction z
// (n values); it carries the factor 1/n. Implementations are stateless.
//
// The laws (tested for every loss): Dual(nu, y) <= L(z) + nu'z/n for all z and
// nu (Fenchel-Young), with equality at nu = -n grad L(z); Prox is the
// minimiser it claims to be.
type Loss interface {
	// Name is the name on the command line and in files.
	Name() string
	// Value is L(z).
	Value(z, y []float64) float64
	// Dual is -L*(-nu/n), the data term of the dual function; -Inf outside
	// its domain.
	Dual(nu, y []float64) float64
	// Prox sets dst = argmin_z n L(z) + rho/2 |z - v|^2. dst may be v.
	Prox(dst, v, y []float64, rho float64)
}

// Squared is L(z) = |z - y|^2 / (2n).
var Squared Loss = squared{}

type squared struct{}

func (squared) Name() string { return "squared" }

func (squared) Value(z, y []float64) float64 {
	s := 0.0
	for i, v := range z {
		s += (v - y[i]) * (v - y[i])
	}
	return s / float64(2*len(z))
}

// Dual is D(nu) = nu'y/n - |nu|^2/(2n).
func (squared) Dual(nu, y []float64) float64 {
	s := 0.0
	for i, v := range nu {
		s += v * (y[i] - v/2)
	}
	return s / float64(len(nu))
}

// Prox: n L has Hessian 1, so z = (y + rho v) / (1 + rho).
func (squared) Prox(dst, v, y []float64, rho float64) {
	for i, vi := range v {
		dst[i] = (y[i] + rho*vi) / (1 + rho)
	}
}
