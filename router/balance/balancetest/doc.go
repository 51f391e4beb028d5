// Package balancetest tests implementations of the interfaces of package balance, and
// code that uses them.
//
// [TestBalancer], [TestAccrual] and [TestBackoff] check that an implementation keeps the
// rules of its interface:
//
//	func TestMine(t *testing.T) {
//		balancetest.TestBalancer(t, func(*testing.T) balance.Balancer { return mine.New() })
//	}
//
// [Balancer] and [Accrual] are fakes that do what a test tells them. Their zero values
// are ready to use.
package balancetest
