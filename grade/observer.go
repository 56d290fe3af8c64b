package grade

// An Observer is told how a training goes on, one call at a time of each method. It
// changes nothing in it but may end it with an error. An observer of a part embeds
// Silent.
type Observer interface {
	// Progress is called now and then while beta is chosen or a grade is solved.
	Progress(Progress)
	// Drafted is called when there is a first model of all grades.
	Drafted(*Draft)
	// Planned is called with the plan when it is made; lasting says that it would
	// come out the same again.
	Planned(p *Plan, lasting bool) error
	// Solved is called for every output of a grade (both from 1) that was solved;
	// lasting says that it would come out the same again.
	Solved(grade, output int, s *Solved, lasting bool) error
	// Trained is called after every grade.
	Trained(*Trained)
}

// Silent is the Observer that does nothing.
type Silent struct{}

var _ Observer = Silent{}

func (Silent) Progress(Progress)                    {}
func (Silent) Drafted(*Draft)                       {}
func (Silent) Planned(*Plan, bool) error            { return nil }
func (Silent) Solved(int, int, *Solved, bool) error { return nil }
func (Silent) Trained(*Trained)                     {}
