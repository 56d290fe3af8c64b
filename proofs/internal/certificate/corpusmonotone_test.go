package certificate

// exactMonotone is one row (3, 4) with the target 1 and nu beyond it, every
// inequality an equality: without neurons L(0) = 1/2 = D(2).
func exactMonotone() *Certificate {
	c := pythagoras()
	c.Program.Loss, c.Program.Beta = Monotone, 10
	c.Network = Network{Primal: 0.5, Objective: 0.5}
	c.Data.Y[0], c.Dual.Nu[0], c.Dual.Bound = 1, 2, 0.5
	c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
	return c
}

// atTheEdge has the prediction 2, the largest that leaves |2 - y| <= |y|.
func atTheEdge() *Certificate {
	c := exactMonotone()
	c.Network = Network{Neurons: []Neuron{{Pattern: 0, Alpha: 0.5, W: []float64{0, 1}}}, Primal: 5.5, Objective: 6.75}
	c.Gap.Rel, c.Gap.Status = RelGap(5.5, 0.5), StatusLimit
	return c
}

// monotoneLies adds certificates of loss monotone with one lie each.
func monotoneLies(texts map[string]string) {
	put := func(lie, expect string, c *Certificate, change func(c *Certificate)) {
		change(c)
		c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
		texts["loss-monotone-"+lie] = member(expect, c)
	}
	put("primal-last-bit", "primal: primal", exactMonotone(), func(c *Certificate) { c.Network.Primal = down(0.5) })
	put("objective-last-bit", "objective: objective", exactMonotone(), func(c *Certificate) { c.Network.Objective = down(0.5) })
	put("bound-last-bit", "dual: bound", exactMonotone(), func(c *Certificate) { c.Dual.Bound = up(0.5) })
	put("bound-wrong-side", "dual: bound", exactMonotone(), func(c *Certificate) { c.Dual.Nu[0] = -2 })
	put("beyond-the-edge", "primal-feasible: row 0", atTheEdge(), func(c *Certificate) {
		c.Network.Neurons[0].W[1] = up(1)
		c.Network.Primal, c.Network.Objective = 6, 7
	})
	put("wrong-side", "primal-feasible: row 0", atTheEdge(), func(c *Certificate) {
		c.Network.Neurons[0].Alpha = -5e-324
		c.Network.Primal, c.Network.Objective = 6, 7
	})
}
