import Foundation

/// SHA-256, to name the files a result was made with.
///
/// Source: FIPS 180-4.
public struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  /// Bytes not yet part of a whole block of 64.
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length += UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let taken = rest.prefix(64 - pending.count)
      pending += taken
      rest = rest.dropFirst(taken.count)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { absorb($0[...]) }
      pending = []
    }
    while rest.count >= 64 {
      absorb(rest.prefix(64))
      rest = rest.dropFirst(64)
    }
    pending = Array(rest)
  }

  /// 64 lower-case hexadecimal digits.
  public consuming func finish() -> String {
    var tail: [UInt8] = [0x80]
    tail += [UInt8](repeating: 0, count: (119 - pending.count) % 64)
    tail += withUnsafeBytes(of: (length * 8).bigEndian) { Array($0) }
    tail.withUnsafeBytes { update($0) }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  public static func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }

  /// - Throws: What reading the file threw.
  public static func digest(file path: String) throws -> String {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    var hash = SHA256()
    while let part = try file.read(upToCount: 1 << 22), !part.isEmpty {
      part.withUnsafeBytes { hash.update($0) }
    }
    return hash.finish()
  }

  private mutating func absorb(_ block: Slice<UnsafeRawBufferPointer>) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      let source = UnsafeRawBufferPointer(rebasing: block)
      for i in 0..<16 {
        schedule[i] = UInt32(
          bigEndian: source.loadUnaligned(fromByteOffset: i * 4, as: UInt32.self))
      }
      for i in 16..<64 {
        let (x, y) = (schedule[i - 15], schedule[i - 2])
        let s0 = turn(x, 7) ^ turn(x, 18) ^ (x >> 3)
        let s1 = turn(y, 17) ^ turn(y, 19) ^ (y >> 10)
        schedule[i] = schedule[i - 16] &+ s0 &+ schedule[i - 7] &+ s1
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for i in 0..<64 {
        let s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
        let first = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ Self.constants[i] &+ schedule[i]
        let s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
        let second = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
      }
      for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ value }
    }
  }

  private func turn(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word >> count | word << (32 - count)
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    let primes = (2...311).filter { candidate in
      !(2..<candidate).contains { $0 * $0 <= candidate && candidate % $0 == 0 }
    }
    return primes.map { prime in
      // The largest n with n^3 <= prime * 2^96 is the root in 32.32 fixed point; found by halving
      // in whole numbers of 128 bits, since a double has too few.
      var (low, high) = (UInt64(0), UInt64(8) << 32)
      while high - low > 1 {
        let middle = low + (high - low) / 2
        if isCube(middle, atMost: prime) { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }()

  private static func isCube(_ root: UInt64, atMost prime: Int) -> Bool {
    let value = UInt128(root)
    return value * value * value <= UInt128(prime) << 96
  }
}
