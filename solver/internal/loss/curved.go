package loss

// Curved is a loss that is twice differentiable everywhere: squares, and the logistic loss.
type Curved struct{ sample }

// NewCurved is false for losses with kinks, weights or offsets.
func NewCurved(l Loss) (Curved, bool) {
	if l == Squared {
		return Curved{square{}}, true
	}
	a, ok := l.(average)
	if !ok || a.rows != nil {
		return Curved{}, false
	}
	_, curved := a.sample.(curved)
	return Curved{a.sample}, curved
}

// curved is a sample with a second derivative.
type curved interface {
	// curvature is phi'' where nu = -phi'.
	curvature(nu, y float64) float64
}

// Quadratic reports whether the curvature is 1 everywhere.
func (c Curved) Quadratic() bool { return c.sample == sample(square{}) }

// Slopes sets nu to -dphi/dz and w to the second derivative at every sample, and returns the sum
// of phi.
func (c Curved) Slopes(nu, w, z, y []float64) (sum float64) {
	second := c.sample.(curved)
	for i, v := range z {
		nu[i], _ = c.residuals(v, y[i])
		w[i] = second.curvature(nu[i], y[i])
		sum += c.value(v, y[i])
	}
	return sum
}

// Boxed is a loss of the form
//
//	phi(z) = max over a <= r <= b of  r (z - y) - q r^2/2,
//
// huber (q = 1), l1, quantile and hinge (q = 0); r = -nu is its slope.
type Boxed struct {
	sample
	Q float64
}

// boxed is a sample whose loss is such a maximum.
type boxed interface {
	// quadratic is q.
	quadratic() float64
}

// NewBoxed is false for other losses, and for those with weights or offsets.
func NewBoxed(l Loss) (Boxed, bool) {
	a, ok := l.(average)
	if !ok || a.rows != nil {
		return Boxed{}, false
	}
	s, ok := a.sample.(boxed)
	if !ok {
		return Boxed{}, false
	}
	return Boxed{a.sample, s.quadratic()}, true
}

// Box is a and b for a sample.
func (l Boxed) Box(y float64) (a, b float64) {
	lo, hi := l.interval(y)
	return -hi, -lo
}

// Inside is a slope strictly inside the box: 0 if that is, else the middle.
func (l Boxed) Inside(y float64) float64 {
	a, b := l.Box(y)
	if a < 0 && b > 0 {
		return 0
	}
	return (a + b) / 2
}
