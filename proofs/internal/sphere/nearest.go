package sphere

import "math"

// nearestPoint looks for the point of least norm of a polyhedron
//
//	c = sum_k a_k p_k + sum_j b_j q_j,   a, b >= 0,  sum_k a_k = 1
//
// by its dual, the projection of the origin on an intersection of half-spaces:
//
//	min |w|^2/2   such that   p_k.w >= h,  q_j.w >= 0            (h > 0)
//
// whose multipliers are those of c = h w/|w|^2, and which nothing satisfies where 0 is
// in the polyhedron. The method is the dual one of Goldfarb and Idnani (Mathematical
// Programming 27, 1983): a half-space that w is outside of is let in at a time, and
// w = sum of multiplier times normal throughout, so that half-spaces may be added
// between solves. h is the norm of the first p_k, for they are huge in thin cones. What
// it returns is advice: nothing rests on its accuracy.
type nearestPoint struct {
	r      int
	spaces []halfSpace
	free   [][]float64 // normals to use again
	h      float64
	w      []float64

	active     []int       // half-spaces on whose boundary w lies, at most r
	multiplier []float64   // of these
	frame      [][]float64 // their normals, orthonormalised in order
	corner     [][]float64 // normal k is sum_(l <= k) corner[k][l] frame[l]
	across     []float64   // the part of a normal that is orthogonal to the frame
	along      []float64   // the rest in terms of the active normals
	share      []float64   // by half-space, its part in c
}

// halfSpace is normal.w >= offset.
type halfSpace struct {
	normal []float64 // of norm 1
	offset float64
	length float64 // of p_k or q_j
	point  bool    // made from a p_k
}

func newNearestPoint(r int) *nearestPoint {
	s := &nearestPoint{r: r, w: make([]float64, r), across: make([]float64, r), along: make([]float64, r)}
	for range r {
		s.frame, s.corner = append(s.frame, make([]float64, r)), append(s.corner, make([]float64, r))
	}
	return s
}

func (s *nearestPoint) reset() {
	for _, b := range s.spaces {
		s.free = append(s.free, b.normal)
	}
	s.spaces, s.h = s.spaces[:0], 0
	s.restart()
}

// restart goes back to w = 0, the solution without half-spaces.
func (s *nearestPoint) restart() {
	s.active, s.multiplier = s.active[:0], s.multiplier[:0]
	clear(s.w)
}

// add appends a p_k (point) or a q_j.
func (s *nearestPoint) add(v []float64, point bool) {
	b := halfSpace{length: math.Sqrt(dotProduct(v, v)), point: point}
	if n := len(s.free); n > 0 {
		b.normal, s.free = s.free[n-1], s.free[:n-1]
	} else {
		b.normal = make([]float64, s.r)
	}
	if s.h == 0 && point {
		s.h = b.length
	}
	clear(b.normal)
	if b.length > 0 {
		addTo(b.normal, 1/b.length, v)
		if point {
			b.offset = s.h / b.length
		}
	}
	s.spaces = append(s.spaces, b)
}

// solve sets c to the point and weights to the a_k, one for each p_k in order.
// Where the half-spaces kept from before lead nowhere it starts afresh.
func (s *nearestPoint) solve(c, weights []float64) bool {
	s.descend()
	if s.result(c, weights) {
		return true
	}
	s.restart()
	s.descend()
	return s.result(c, weights)
}

// descend lets half-spaces in, the one that w is farthest outside of first, and sets
// the shares.
func (s *nearestPoint) descend() {
	const tolerance = 1e-13 // of |w|
	for i, b := range s.spaces {
		if b.point && b.length == 0 {
			s.only(i)
			return
		}
	}
	for range 6 * (s.r + len(s.spaces)) {
		farthest, enter := -tolerance*math.Sqrt(dotProduct(s.w, s.w)), -1
		for i, b := range s.spaces {
			if inside := dotProduct(b.normal, s.w) - b.offset; inside < farthest {
				farthest, enter = inside, i
			}
		}
		if enter < 0 {
			break
		}
		if !s.letIn(enter) {
			return
		}
	}
	s.shares()
}

// letIn moves w to the nearest point in half-space i and in those that are active,
// of which it gives up those whose multipliers reach zero on the way. False: nothing is
// in all of them.
func (s *nearestPoint) letIn(i int) bool {
	b := &s.spaces[i]
	entering := 0.0 // the multiplier of i
	for {
		left := s.decompose(b.normal)
		full := math.Inf(1)
		if left > dependent {
			full = max(0, b.offset-dotProduct(b.normal, s.w)) / (left * left)
		}
		step, first := full, -1
		for k, a := range s.along[:len(s.active)] {
			if a > 0 && s.multiplier[k] <= step*a {
				step, first = s.multiplier[k]/a, k
			}
		}
		if math.IsInf(step, 1) {
			s.opposed(i)
			return false
		}
		entering += step
		for k, a := range s.along[:len(s.active)] {
			s.multiplier[k] = max(0, s.multiplier[k]-step*a)
		}
		if first >= 0 {
			if left > dependent {
				addTo(s.w, step, s.across)
			}
			s.giveUp(first)
			continue
		}
		s.extend(i, left, entering)
		s.polish()
		return true
	}
}

// dependent is the norm below which what is left of a normal beside others is rounding.
const dependent = 1e-12

// decompose sets along and across so that v is the sum of the active normals times
// along, and across, which is orthogonal to them and whose norm it returns.
func (s *nearestPoint) decompose(v []float64) float64 {
	copy(s.across, v)
	m := len(s.active)
	clear(s.along)
	for range 2 { // what the first time leaves by rounding
		for k, f := range s.frame[:m] {
			t := dotProduct(f, s.across)
			s.along[k] += t
			addTo(s.across, -t, f)
		}
	}
	s.backward(s.along[:m])
	return math.Sqrt(dotProduct(s.across, s.across))
}

// backward solves sum_k x_k corner[k] = t, in place.
func (s *nearestPoint) backward(t []float64) {
	for k := len(t) - 1; k >= 0; k-- {
		t[k] /= s.corner[k][k]
		addTo(t[:k], -t[k], s.corner[k])
	}
}

// extend makes half-space i active, across being of norm left.
func (s *nearestPoint) extend(i int, left, multiplier float64) {
	m := len(s.active)
	for e, v := range s.across {
		s.frame[m][e] = v / left
	}
	for l, f := range s.frame[:m] {
		s.corner[m][l] = dotProduct(f, s.spaces[i].normal)
	}
	s.corner[m][m] = left
	s.active, s.multiplier = append(s.active, i), append(s.multiplier, multiplier)
}

// giveUp makes active half-space k inactive; the frame is built anew from there on.
func (s *nearestPoint) giveUp(k int) {
	later, multiplier := s.active[k+1:], s.multiplier[k+1:]
	s.active, s.multiplier = s.active[:k], s.multiplier[:k]
	for j, i := range later { // which is read one place ahead of what extend writes
		u := multiplier[j]
		s.extend(i, s.decompose(s.spaces[i].normal), u)
	}
}

// polish sets w and the multipliers to those of the active boundaries,
// normal_k.w = offset_k, so that rounding errors do not add up.
func (s *nearestPoint) polish() {
	clear(s.w)
	for k, i := range s.active {
		corner := s.corner[k]
		t := (s.spaces[i].offset - dotProduct(corner[:k], s.multiplier)) / corner[k]
		s.multiplier[k] = t
		addTo(s.w, t, s.frame[k])
	}
	s.backward(s.multiplier)
	for k, u := range s.multiplier {
		s.multiplier[k] = max(0, u)
	}
}

// shares sets the parts of the half-spaces in c to their multipliers.
func (s *nearestPoint) shares() {
	s.only(-1)
	for k, i := range s.active {
		s.share[i] = s.multiplier[k] / s.spaces[i].length
	}
}

// opposed sets the parts where nothing is in half-space i and in the active ones:
// its normal is minus a sum of theirs, so that c = 0.
func (s *nearestPoint) opposed(i int) {
	s.only(i)
	s.share[i] = 1 / s.spaces[i].length
	for k, j := range s.active {
		s.share[j] = max(0, -s.along[k]) / s.spaces[j].length
	}
}

// only gives all of c to one half-space.
func (s *nearestPoint) only(i int) {
	s.share = append(s.share[:0], make([]float64, len(s.spaces))...)
	if i >= 0 {
		s.share[i] = 1
	}
}

func (s *nearestPoint) result(c, weights []float64) bool {
	total := 0.0
	for i, b := range s.spaces {
		if b.point {
			total += s.share[i]
		}
	}
	clear(c)
	clear(weights)
	if !(total > 0) {
		return false
	}
	k := 0
	for i, b := range s.spaces {
		addTo(c, s.share[i]/total*b.length, b.normal)
		if b.point {
			weights[k] = s.share[i] / total
			k++
		}
	}
	return true
}

func dotProduct(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// addTo adds a v to dst.
func addTo(dst []float64, a float64, v []float64) {
	for i, x := range dst {
		dst[i] = x + a*v[i]
	}
}
