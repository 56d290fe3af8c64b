package interior

import (
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// A rowGroup is a number of blocks of a rowNewton with the rows where any of them is active: the sum of their V_jV_j' is
// one product. With more blocks it has more rows, of which some are 0 in most of them, and with fewer there are more sums.
type rowGroup struct {
	blocks []int
	rows   []int            // ascending
	vt     blas64.General   // their V_j' below each other, d len(blocks) x len(rows)
	square blas64.Symmetric // of as many rows: the sum of their V_jV_j', in a place that others use, too
	alone  float64          // operations that its blocks would take one by one
}

// rowSet is a set of rows.
type rowSet []uint64

func (s rowSet) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// countWith is the number of rows in s or in t.
func (s rowSet) countWith(t rowSet) (n int) {
	for k, w := range s {
		n += bits.OnesCount64(w | t[k])
	}
	return n
}

// sumWork is what it takes to add an entry of a square to where it belongs. With 3, 12, 30 and 60 a factorisation took 79, 38, 37
// and 34 microseconds a block on yacht (308 rows of 7 columns), in groups of 1.5, 2, 3.5 and 4.5 blocks.
const sumWork = 2 * operator.PassWork

// groupWork is the operations of the product and the sum of a group of so many rows and columns.
func groupWork(rows, columns int) float64 {
	return float64(rows) * float64(rows) * (float64(columns) + sumWork)
}

// aloneWork is what V_j and V_jV_j' are counted for, of d columns: what they would take by themselves.
func aloneWork(rows, d int) float64 {
	n, k := float64(rows), float64(d)
	return k*n*(n+k+operator.PassWork) + operator.PassWork/2*n*n
}

// nextBlocks are those among which the next block of a group is looked for.
const nextBlocks = 512

// newRowGroups puts every block into a group: the next one that has none begins one, which is joined, as long as that saves work,
// by the one of nextBlocks that adds the fewest rows.
func newRowGroups(op *operator.Operators) []rowGroup {
	sets, left := make([]rowSet, len(op.Blocks)), make([]int, len(op.Blocks))
	for j := range sets {
		left[j], sets[j] = j, make(rowSet, (op.N+63)/64)
		for i, a := range operator.RowOf(op.Mask, j) {
			if a != 0 {
				sets[j][i/64] |= 1 << (i % 64)
			}
		}
	}
	var groups []rowGroup
	for len(left) > 0 {
		g, all := rowGroup{blocks: []int{left[0]}}, sets[left[0]]
		size := all.count()
		g.alone = aloneWork(size, op.D)
		for left = left[1:]; len(left) > 0; {
			at, joined := 0, op.N+1
			for k, j := range left[:min(len(left), nextBlocks)] {
				if n := all.countWith(sets[j]); n < joined {
					at, joined = k, n
				}
			}
			j, depth := left[at], len(g.blocks)*op.D
			own := sets[j].count()
			if groupWork(joined, depth+op.D) > groupWork(size, depth)+groupWork(own, op.D) {
				break
			}
			g.alone += aloneWork(own, op.D)
			for k, w := range sets[j] {
				all[k] |= w
			}
			g.blocks, size = append(g.blocks, j), joined
			left = append(left[:at], left[at+1:]...)
		}
		for i := range op.N {
			if all[i/64]>>(i%64)&1 != 0 {
				g.rows = append(g.rows, i)
			}
		}
		g.vt = operator.NewGeneral(op.D*len(g.blocks), len(g.rows))
		groups = append(groups, g)
	}
	return groups
}

const (
	// squaresRoom is the room for the squares of groups that are summed at once, unless one needs more: what a processor's own
	// cache holds.
	squaresRoom = 1 << 17
	// stripe is the number of rows to which the squares are added at once.
	stripe = 32
)

// squares are the places for those of groups that are summed at once.
type squares struct {
	groups []rowGroup // all
	now    []rowGroup // those summed
	room   []float64
	to     blas64.Symmetric // the sum
}

// newSquares makes the places.
func newSquares(groups []rowGroup) *squares {
	total, most := 0, 0
	for _, g := range groups {
		n := len(g.rows) * len(g.rows)
		total, most = total+n, max(most, n)
	}
	return &squares{groups: groups, room: make([]float64, max(most, min(total, squaresRoom)))}
}

// addTo adds the squares of all groups to the upper triangle of a.
func (s *squares) addTo(a blas64.Symmetric) {
	s.to = a
	for next := 0; next < len(s.groups); {
		first := next
		for room := s.room; next < len(s.groups); next++ {
			g := &s.groups[next]
			n := len(g.rows)
			if n*n > len(room) {
				break
			}
			g.square = blas64.Symmetric{N: n, Stride: max(1, n), Data: room[:n*n], Uplo: blas.Upper}
			room = room[n*n:]
		}
		s.now = s.groups[first:next]
		operator.ParallelTask(len(s.now), (*squareProducts)(s))
		operator.ParallelTask((a.N+stripe-1)/stripe, (*squareStripes)(s))
	}
}

// squareProducts makes the square of a group.
type squareProducts squares

func (s *squareProducts) Part(k int) {
	if g := &s.now[k]; len(g.rows) > 0 {
		dense.Syrk(blas.Trans, 1, g.vt, 0, g.square)
	}
}

// squareStripes adds the squares to a stripe of rows.
type squareStripes squares

func (s *squareStripes) Part(part int) {
	from, to := part*stripe, (part+1)*stripe
	for k := range s.now {
		g := &s.now[k]
		n := len(g.rows)
		first, _ := slices.BinarySearch(g.rows, from)
		for i := first; i < n && g.rows[i] < to; i++ {
			row := s.to.Data[g.rows[i]*s.to.Stride:][:s.to.N]
			values := g.square.Data[i*n+i : (i+1)*n]
			for l, r := range g.rows[i:] {
				row[r] += values[l]
			}
		}
	}
}
