// Package certificate reads, writes and checks certificates, whose form and claims
// are in FORMAT.md: one grade's convex program, its network, its dual points.
//
//	certificate.go          the fields
//	encode.go, decode.go    text; globaltext.go for the section about all patterns
//	check.go                the claims, each in the file of its name
//	stream.go               the same while reading, patterns not kept

package certificate
