package approx

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// A Graded grid cuts [0,1]^Dim into cubes: the whole one is a cell, or halved in all coordinates, and so is each of its parts, and so on. Levels are those of
// the cells, the sides being 2^-level: part m of a cube comes with all its cells before part m+1, bit j of m being set in the upper half along coordinate
// j. For Dim = 1 that is from left to right. Nodes are the corners of cells, in the order in which they appear there, corner m of a cell before corner m+1.
//
// A node is even if it is a corner of all cells around it and these are of one size. Then it has a hat, which is linear on the simplices
// of every cell. In dimension 1 every node has one.
type Graded struct {
	Dim    int
	Levels []uint8
}

// finestLevel bounds the levels: corners and middles of cells are exact, and have keys.
func finestLevel(dim int) int { return min(48, 63/dim-1) }

// Len returns the number of cells.
func (g Graded) Len() int { return len(g.Levels) }

// volume is that of a cell of that level.
func (g Graded) volume(level uint8) float64 { return math.Ldexp(1, -g.Dim*int(level)) }

// deepest returns the largest level.
func (g Graded) deepest() int {
	level := 0
	for _, l := range g.Levels {
		level = max(level, int(l))
	}
	return level
}

// refine returns the grid in which the marked cells are halved in all coordinates.
func (g Graded) refine(marked []bool) Graded {
	fine := Graded{Dim: g.Dim}
	for i, l := range g.Levels {
		if !marked[i] {
			fine.Levels = append(fine.Levels, l)
			continue
		}
		for range 1 << g.Dim {
			fine.Levels = append(fine.Levels, l+1)
		}
	}
	return fine
}

// A mesh is a graded grid with its nodes. The key of a node holds its coordinates in units of 2^-finest, bits of them each.
type mesh struct {
	Graded
	finest, bits int
	start        []uint64         // of each cell, the first of the smallest possible cells in it
	corner       []int32          // nodes of cell i from i << Dim on
	key          []uint64         // of the nodes
	node         map[uint64]int32 // by key
	level        []uint8          // of the smallest cells at a node
	even         []bool
}

func (g Graded) mesh() *mesh {
	m := &mesh{Graded: g, finest: finestLevel(g.Dim), node: make(map[uint64]int32, 2*len(g.Levels)), start: make([]uint64, len(g.Levels)),
		corner: make([]int32, 0, len(g.Levels)<<g.Dim)}
	m.bits = m.finest + 1
	var cells []uint8 // at each node, and mixed if their levels differ
	var mixed []bool
	at := uint64(0)
	for i, l := range g.Levels {
		m.start[i] = at
		low := m.lowest(at)
		at += 1 << (g.Dim * (m.finest - int(l)))
		for c := range 1 << g.Dim {
			key := low + m.step(c, l)
			n, known := m.node[key]
			if !known {
				n = int32(len(m.key))
				m.node[key] = n
				m.key, m.level, cells, mixed = append(m.key, key), append(m.level, l), append(cells, 0), append(mixed, false)
			}
			cells[n]++
			mixed[n] = mixed[n] || m.level[n] != l
			m.level[n] = max(m.level[n], l)
			m.corner = append(m.corner, n)
		}
	}
	m.even = make([]bool, len(m.key))
	for n, key := range m.key {
		m.even[n] = g.Dim == 1 || !mixed[n] && int(cells[n]) == m.around(key)
	}
	return m
}

// lowest is the key of the lowest corner of the smallest possible cell with that number.
func (m *mesh) lowest(at uint64) (key uint64) {
	for b := range m.finest {
		for j := range m.Dim {
			key |= at & 1 << (j*m.bits + b)
			at >>= 1
		}
	}
	return key
}

// step is what corner c of a cell is from its lowest.
func (m *mesh) step(c int, level uint8) (key uint64) {
	for j := range m.Dim {
		key += uint64(c>>j&1) << (j*m.bits + m.finest - int(level))
	}
	return key
}

// coordinate j of a key.
func (m *mesh) coordinate(key uint64, j int) uint64 { return key >> (j * m.bits) & (1<<m.bits - 1) }

// point writes the coordinates of a node.
func (m *mesh) point(key uint64, x []float64) {
	for j := range x {
		x[j] = math.Ldexp(float64(m.coordinate(key, j)), -m.finest)
	}
}

// around is the number of cells of one size around a node.
func (m *mesh) around(key uint64) int {
	n := 1
	for j := range m.Dim {
		if c := m.coordinate(key, j); c > 0 && c < 1<<m.finest {
			n *= 2
		}
	}
	return n
}

// beside returns the cell around a node in the direction of the bits of c, -1 if that is outside.
func (m *mesh) beside(key uint64, c int) int {
	at := uint64(0)
	for j := range m.Dim {
		v := m.coordinate(key, j)
		if c>>j&1 == 0 {
			v--
		}
		if v >= 1<<m.finest { // of the lower side of 0, too
			return -1
		}
		for b := range m.finest {
			at |= v >> b & 1 << (b*m.Dim + j)
		}
	}
	return m.cellOf(at)
}

// cellOf is the cell that has the smallest possible one with that number.
func (m *mesh) cellOf(at uint64) int {
	return sort.Search(len(m.start), func(i int) bool { return m.start[i] > at }) - 1
}

// interpolate evaluates what is linear on the simplices and has those values at the nodes, in float64 arithmetic.
func (m *mesh) interpolate(v, x []float64) float64 {
	at := uint64(0)
	for j := range x {
		k := min(uint64(math.Ldexp(x[j], m.finest)), 1<<m.finest-1)
		for b := range m.finest {
			at |= k >> b & 1 << (b*m.Dim + j)
		}
	}
	i := m.cellOf(at)
	corner := m.corner[i<<m.Dim : (i+1)<<m.Dim]
	u, low := make([]float64, m.Dim), make([]float64, m.Dim)
	m.point(m.key[corner[0]], low)
	order := make([]int, m.Dim)
	for j := range u {
		u[j], order[j] = math.Ldexp(x[j]-low[j], int(m.Levels[i])), j
	}
	sort.SliceStable(order, func(a, b int) bool { return u[order[a]] > u[order[b]] })
	value, left, c := 0.0, 1.0, 0
	for _, j := range order {
		value += (left - u[j]) * v[corner[c]]
		left = u[j]
		c |= 1 << j
	}
	return value + left*v[corner[c]]
}

// validate says where Levels are not those of a grid.
func (g Graded) validate() error {
	finest := finestLevel(g.Dim)
	at, end := uint64(0), uint64(1)<<(g.Dim*finest)
	for i, l := range g.Levels {
		if int(l) > finest || at >= end || at%(1<<(g.Dim*(finest-int(l)))) != 0 {
			return fmt.Errorf("cell %d has level %d where none begins", i, l)
		}
		at += 1 << (g.Dim * (finest - int(l)))
	}
	if at != end {
		return errors.New("the cells do not fill the cube")
	}
	return nil
}
