package pieces

import "math"

// prospects foresee how far a search will come. Bounds fall about as a power of the number of nodes, and that
// ever more slowly: measured on third grades, the bound after twice as many nodes was, of that before, 0.74, 0.87,
// 0.87, 0.87, 0.86 for seattle_hourly (24 pieces), 0.83, 0.88, 0.90, 0.91 for sunspots_monthly.
type prospects struct {
	marks []mark
	left  bool // the search, as there is no prospect
}

// mark is the bound at a number of nodes.
type mark struct {
	nodes int
	upper float64
}

const (
	// probeOperations are made before a search is left for its pace: about a second of one core.
	probeOperations = 3e9
	// markStep is by which factor the nodes grow from a mark to the next.
	markStep = 1.3
)

// hopeless says that the bound will not come below Options.Hopeless: a neuron is as large, or it would not at the pace of
// the last doubling of the nodes.
func (s *search) hopeless() bool {
	if s.o.Hopeless == 0 {
		return false
	}
	least := s.o.Hopeless / s.scale
	if s.lower >= least {
		return true
	}
	now := mark{s.nodes, s.upper()}
	if k := len(s.marks); k > 0 && float64(now.nodes) < markStep*float64(s.marks[k-1].nodes) {
		return false
	}
	s.marks = append(s.marks, now)
	return s.operations >= probeOperations && s.foreseen(now) > least
}

// foreseen is the bound at the end of what the options allow.
func (s *search) foreseen(now mark) float64 {
	before := s.marks[0]
	for _, m := range s.marks {
		if 2*m.nodes <= now.nodes {
			before = m
		}
	}
	if before.nodes >= now.nodes {
		return now.upper
	}
	more := math.Min(float64(s.o.Nodes)/float64(now.nodes), s.o.Operations/s.operations)
	power := math.Log(now.upper/before.upper) / math.Log(float64(now.nodes)/float64(before.nodes))
	return now.upper * math.Pow(math.Max(1, more), power)
}
