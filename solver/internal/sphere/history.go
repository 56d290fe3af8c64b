package sphere

// SearchPoint is how far a search for m(nu) had come when its trees had so many nodes, both
// signs: Lower <= m(nu) <= Upper.
type SearchPoint struct {
	Nodes        int
	Upper, Lower float64
}

// historyStep is by which factor the nodes grow from a point of a history to the next:
// about nine points for every tenfold number of nodes.
const historyStep = 1.3

// note adds to the history where the last point is far enough back.
func (b *bounder) note(p SearchPoint) {
	if n := len(b.history); n > 0 && float64(p.Nodes) < historyStep*float64(b.history[n-1].Nodes) {
		return
	}
	b.history = append(b.history, p)
}

// noteEnd makes p, how a search ended, the last point of the history.
func (b *bounder) noteEnd(p SearchPoint) {
	if n := len(b.history); n > 0 && b.history[n-1].Nodes == p.Nodes {
		b.history = b.history[:n-1]
	}
	b.history = append(b.history, p)
}
