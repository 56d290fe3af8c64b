package operator

import "gonum.org/v1/gonum/mat"

// Shared is a matrix of which everything is found out once, whoever asks for it:
// the Design of 5000 x 784 numbers reads and copies 31 MB, and an output of a grade asks ten times.
// Goroutines may use it together.
type Shared struct {
	mat.Matrix
	memo
}

// Share prepares x for several users, who do not change it.
func Share(x mat.Matrix) *Shared { return &Shared{Matrix: x} }

// Of is Once where x is what is shared, and otherwise what find returns now; s may be nil.
func (s *Shared) Of(x mat.Matrix, key any, find func() any) any {
	if s == nil || s.Matrix != x {
		return find()
	}
	return s.Once(key, find)
}

// design that was made, or why not.
type design struct {
	Design
	err error
}

// DesignOf is NewCountedDesign, the shared one where x is what is shared; s may be nil.
func (s *Shared) DesignOf(x mat.Matrix, a *Account) (Design, error) {
	d := s.Of(x, design{}, func() any {
		made, err := NewDesign(x)
		return design{made, err}
	}).(design)
	if d.err != nil {
		return nil, d.err
	}
	return Counted(d.Design, a), nil
}
