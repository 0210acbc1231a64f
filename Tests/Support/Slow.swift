import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// Keeps a test for `make test-all`: it takes more than about three seconds, and a quick test beside
  /// it covers the same code. A plain run reports it as skipped.
  public static var slow: Self {
    .enabled(
      if: ProcessInfo.processInfo.environment["PREFIXKV_SLOW_TESTS"] == "1",
      "slow: `make test-all` runs it")
  }
}
