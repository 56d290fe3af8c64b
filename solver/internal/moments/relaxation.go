package moments

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/elementary"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// relaxation is the relaxed program as a function of the factors of its matrices and
// of the constant, x = (V+, spare+, V-, spare-, c): see the package documentation.
type relaxation struct {
	x         operator.Design // along the leading directions (n x d)
	full      operator.Design // X
	n, d, k   int
	slope     float64 // of the activation
	height    []float64
	loss      loss.Smooth
	labels    bool
	y         []float64
	beta      float64
	intercept bool
	sharp     float64 // width of the kinks of the lower ends, in units of the prediction
	typical   float64 // size of predictions
	cost      float64 // typical size of tau: of neurons that give this to a row of the mean norm

	side   [2]*factor // of the neurons with positive and negative outputs
	lo, hi []float64  // n: the ends of the predictions
	z, nu  []float64  // n: the prediction, and -n dL there
}

// factor is what belongs to the neurons of one sign: V with W = VV', tau, and what
// follows for the rows.
type factor struct {
	v, z, dz, dv blas64.General // V' (k x d), V'X' (k x n), and gradients
	rho          float64        // root of tau = |V|^2 + spare^2
	t, s         []float64      // n: w.x_i, and x_i'W x_i
	above, below []float64      // n: ends of relu
	share        []float64      // n x 3: shares of 0, t and (t + s/h)/2 in below
	ds           []float64      // n: slopes in s
}

func newFactor(n, d, k int) *factor {
	vec := func() []float64 { return make([]float64, n) }
	return &factor{z: operator.NewGeneral(k, n), dz: operator.NewGeneral(k, n), dv: operator.NewGeneral(k, d),
		t: vec(), s: vec(), above: vec(), below: vec(), share: make([]float64, 3*n), ds: vec()}
}

// rowWork of a row and a sign: exponentials, logarithms and passes over the factors.
const rowWork = 150

// set takes new variables and computes the ends of relu.
func (f *factor) set(r *relaxation, v []float64, spare float64) {
	f.v = blas64.General{Rows: r.k, Cols: r.d, Stride: r.d, Data: v}
	f.rho = math.Hypot(floats.Norm(v, 2), spare) + 0x1p-500
	r.x.Book(rowWork * float64(r.n))
	r.x.Mul(f.z, f.v)
	clear(f.s)
	for k := range r.k {
		for i, z := range operator.RowOf(f.z, k) {
			f.s[i] += z * z
		}
	}
	floats.ScaleTo(f.t, f.rho, operator.RowOf(f.z, 0))
	for i, t := range f.t {
		f.above[i] = (t + f.rho*math.Sqrt(f.s[i])) / 2
		q := t / 2
		if r.height[i] > 0 {
			q += f.s[i] / (2 * r.height[i])
		}
		top := max(0, t, q)
		w := f.share[3*i : 3*i+3]
		w[0], w[1], w[2] = elementary.Exp(-top/r.sharp), elementary.Exp((t-top)/r.sharp), elementary.Exp((q-top)/r.sharp)
		sum := w[0] + w[1] + w[2]
		f.below[i] = top + r.sharp*elementary.Log(sum/3)
		floats.Scale(1/sum, w)
	}
}

// ends are those of phi(t) = max(t, 0) - s max(-t, 0): what bounds max(-t, 0) is less
// by t than what bounds max(t, 0).
func (r *relaxation) ends(f *factor, i int) (lo, hi float64) {
	a, b := f.below[i], f.above[i]
	if r.slope > 0 {
		a, b = b, a
	}
	return f.below[i] + r.slope*(f.t[i]-a), f.above[i] + r.slope*(f.t[i]-b)
}

// value is the relaxed objective at x, and grad its gradient.
func (r *relaxation) value(grad, x []float64) float64 {
	size := r.k*r.d + 1
	c := 0.0
	if r.intercept {
		c = x[2*size]
	}
	for j, f := range r.side {
		f.set(r, x[j*size:(j+1)*size-1], x[(j+1)*size-1])
	}
	for i := range r.n {
		lo, hi := r.ends(r.side[0], i)
		lo2, hi2 := r.ends(r.side[1], i)
		r.lo[i], r.hi[i] = c+lo-hi2, c+hi-lo2
		r.z[i] = r.nearest(i)
	}
	value := r.loss.Value(r.z, r.y) + r.beta*(r.side[0].rho*r.side[0].rho+r.side[1].rho*r.side[1].rho)
	r.loss.Residual(r.nu, r.z, r.y)
	r.restrict()
	for j, f := range r.side {
		r.slopes(f, float64(1-2*j), r.nu, r.beta, grad[j*size:(j+1)*size], x[(j+1)*size-1])
	}
	if r.intercept {
		grad[2*size] = -floats.Sum(r.nu) / float64(r.n)
	}
	return value
}

// nearest is the prediction within the ends that the loss likes best.
func (r *relaxation) nearest(i int) float64 {
	if r.labels {
		if r.y[i] > 0 {
			return r.hi[i]
		}
		return r.lo[i]
	}
	return max(r.lo[i], min(r.hi[i], r.y[i]))
}

// restrict removes from nu what does not move with an end.
func (r *relaxation) restrict() {
	for i, z := range r.z {
		if z != r.lo[i] && z != r.hi[i] {
			r.nu[i] = 0
		}
	}
}

// slopes sets the gradient in (V, spare) of one side, of -(sign/n) nu'phi, an end of it, and
// a cost of the given slope in tau.
func (r *relaxation) slopes(f *factor, sign float64, nu []float64, cost float64, grad []float64, spare float64) {
	n := float64(r.n)
	drho := 2 * cost * f.rho
	first := operator.RowOf(f.dz, 0)
	for i, v := range nu {
		g := -sign * v / n // of the end of phi that counts
		var dt, ds float64
		if g != 0 {
			onBelow, onAbove := g, 0.0
			if g < 0 {
				onBelow, onAbove = 0, g
			}
			dt = r.slope * g
			if r.slope > 0 {
				onBelow, onAbove = onBelow-r.slope*onAbove, onAbove-r.slope*onBelow
			} else {
				onBelow, onAbove = onBelow-r.slope*onBelow, onAbove-r.slope*onAbove
			}
			root := math.Sqrt(f.s[i])
			dt += onAbove/2 + onBelow*(f.share[3*i+1]+f.share[3*i+2]/2)
			if root > 0 {
				ds += onAbove * f.rho / (4 * root)
			}
			if r.height[i] > 0 {
				ds += onBelow * f.share[3*i+2] / (2 * r.height[i])
			}
			drho += onAbove*root/2 + dt*f.z.Data[i]
		}
		first[i], f.ds[i] = dt, ds
	}
	for k := r.k - 1; k >= 0; k-- {
		row, z := operator.RowOf(f.dz, k), operator.RowOf(f.z, k)
		for i := range row {
			v := 2 * f.ds[i] * z[i]
			if k == 0 {
				v += f.rho * first[i]
			}
			row[i] = v
		}
	}
	r.x.MulTrans(f.dv, f.dz)
	last := len(grad) - 1
	copy(grad, f.dv.Data)
	floats.AddScaled(grad[:last], drho/f.rho, f.v.Data)
	grad[last] = drho * spare / f.rho
}

// largest is tau^2 beta/(2 cost) - (1/n) times the largest s nu'phi for the moments x = (V,
// spare) of one side: as that is proportional to tau, its least value belongs to the
// moments where s nu'phi is largest.
func (r *relaxation) largest(grad, x []float64, f *factor, s float64, nu []float64) float64 {
	last := len(x) - 1
	f.set(r, x[:last], x[last])
	sum := 0.0
	for i, v := range nu {
		if lo, hi := r.ends(f, i); s*v > 0 {
			sum += s * v * hi
		} else {
			sum += s * v * lo
		}
	}
	tau := f.rho * f.rho
	r.slopes(f, s, nu, r.beta*tau/r.cost, grad, x[last])
	return tau*tau*r.beta/(2*r.cost) - sum/float64(r.n)
}
