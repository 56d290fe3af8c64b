// Package chart draws the plots of the program in one style: a thin layer over
// gonum's plot with its scales, ticks, colours, and a legend above the data.
//
// Colours are those of Okabe and Ito, which people who see colours differently
// can tell apart; what has an order (grades) goes from light to dark.
package chart
