package rowsum

// Deviations is the pass that finds the rows whose predictions are the farthest above their targets,
// and those the farthest below: the keys are -(z - y) and z - y.
type Deviations struct {
	At   *Point
	Rows int // how many of each
}

func (p *Deviations) Size() int               { return 0 }
func (p *Deviations) Keep() (lists, rows int) { return 2, p.Rows }
func (p *Deviations) Work(d int) float64      { return products(len(p.At.Patterns), d) + rowWork }

// Largest is max |z_i - y_i|.
func (p *Deviations) Largest(out *Part) float64 {
	return max(-out.Extreme[0][0].Key, -out.Extreme[1][0].Key)
}

func (p *Deviations) Block(out *Part, b *Block, ws *Workspace) {
	z := ws.take("z", len(b.Y))
	b.predict(z, p.At, ws)
	above, below := nearest{keep: p.Rows}, nearest{keep: p.Rows}
	for i, y := range b.Y {
		e := z[i] - y
		above.add(Row{b.First + i, -e})
		below.add(Row{b.First + i, e})
	}
	out.Extreme[0], out.Extreme[1] = above.sorted(), below.sorted()
}
