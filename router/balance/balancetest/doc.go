// Package balancetest helps to test what chooses endpoints and what judges
// them, and what uses those.
//
// [TestBalancer], [TestAccrual] and [TestBackoff] check that such a part keeps
// the rules of its interface. [Balancer] and [Accrual] are parts that a test
// sets by hand; their zero values are ready. [Kill] takes an endpoint's life.
package balancetest
