package solver

// newtonSystem solves the Newton system of the interior point,
//
//	(F'AF + blkdiag(H_j)) du = rhs,   H_j = cone_j + X' diag(m_j/s_j) X
//
// where A (n x n) is the curvature of the data term: the centring for squares,
// diag(w) less a matrix of low rank for other losses.
type newtonSystem interface {
	// factor prepares the system at the current iterate; false if that is not
	// possible to rounding.
	factor() bool
	// solve overwrites b (dB) with the solution and returns what is left of b by
	// it, relatively.
	solve(b []float64) (left float64)
	// describe says in a few words which system it is.
	describe() string
}

const (
	// affordable is the number of operations a factorisation may always take.
	affordable = 5e10
	// expectedSteps of conjugate gradients are what a factorisation is compared
	// with beyond that.
	expectedSteps = 100
	// refinements of a solution there are at most; they end when one does not
	// halve the residual.
	refinements = 6
)

// poorSolution is the residual of a solution that is worth another system.
const poorSolution = 1e-9

// replacePoor replaces a system by rows, which loses digits where active blocks
// are nearly singular and weights are large, as those of squares never are, by
// that of the blocks themselves where its last solution was poor.
func (ip *interior) replacePoor(left float64) (replaced bool) {
	if _, rows := ip.newton.(*rowNewton); !rows || left <= poorSolution || ip.squares() {
		return false
	}
	if blocks, _ := ip.directWork(); blocks > affordable {
		return false
	}
	ip.newton = newBlockNewton(ip)
	return true
}

// newNewtonSystem takes the matrix with fewer operations that is affordable or,
// if neither is, conjugate gradients where they are expected to be faster.
func newNewtonSystem(ip *interior) newtonSystem {
	blocks, rows := ip.directWork()
	byRows := rows < blocks
	if ip.squares() { // their blocks are products that are there
		byRows = 2*ip.op.n < len(ip.t)*ip.op.d
	}
	direct := blocks
	if byRows {
		direct = rows
	}
	steps := 8 * float64(len(ip.t)) * float64(ip.op.x.stored()) * expectedSteps
	switch {
	case direct > affordable && steps < direct:
		return newCGNewton(ip)
	case byRows:
		return newRowNewton(ip)
	}
	return newBlockNewton(ip)
}

// directWork is about the number of operations of a factorisation by blocks and
// by rows.
func (ip *interior) directWork() (blocks, rows float64) {
	n, k := float64(ip.op.n), float64(len(ip.t)*ip.op.d)
	blocks, rows = k*k*k/3, n*n*k+n*n*n/3
	if !ip.squares() {
		blocks += n * k * k
	}
	return blocks, rows
}
