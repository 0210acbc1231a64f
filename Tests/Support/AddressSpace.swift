import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// Leaves a test out under a sanitizer, whose shadow memory takes terabytes of addresses by itself.
  public static var limitsAddresses: Self {
    .enabled(
      if: ["__asan_init", "__tsan_init"].allSatisfy { (name: String) in dlsym(nil, name) == nil },
      "a sanitizer needs more addresses than any limit leaves")
  }
}
