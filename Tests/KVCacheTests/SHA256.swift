/// The SHA-256 digest in hexadecimal; goldens give digests of long lists.
func sha256(_ text: String) -> String {
  // Fractional parts of roots of the first primes, by definition of the function.
  let primes = (2...311).filter { n in (2..<n).allSatisfy { n % $0 != 0 } }
  func fraction(_ x: Double) -> UInt32 { UInt32((x - x.rounded(.down)) * 0x1p32) }
  let constants = primes.map { fraction(cubeRoot($0)) }
  var state = primes.prefix(8).map { fraction(Double($0).squareRoot()) }

  var message = Array(text.utf8) + [0x80]
  while message.count % 64 != 56 { message.append(0) }
  let bits = UInt64(text.utf8.count * 8)
  message += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }

  func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
  for block in stride(from: 0, to: message.count, by: 64) {
    var w = (0..<16).map { i in
      (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(message[block + 4 * i + $1]) }
    }
    for i in 16..<64 {
      let s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3
      let s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10
      w.append(w[i - 16] &+ s0 &+ w[i - 7] &+ s1)
    }
    var h = state
    for i in 0..<64 {
      let s1 = rotate(h[4], 6) ^ rotate(h[4], 11) ^ rotate(h[4], 25)
      let choice = (h[4] & h[5]) ^ (~h[4] & h[6])
      let t1 = h[7] &+ s1 &+ choice &+ constants[i] &+ w[i]
      let s0 = rotate(h[0], 2) ^ rotate(h[0], 13) ^ rotate(h[0], 22)
      let majority = (h[0] & h[1]) ^ (h[0] & h[2]) ^ (h[1] & h[2])
      h = [t1 &+ s0 &+ majority, h[0], h[1], h[2], h[3] &+ t1, h[4], h[5], h[6]]
    }
    state = zip(state, h).map { $0 &+ $1 }
  }
  return state.map { word in
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }.joined()
}

/// Newton's iteration: no `cbrt` without Foundation.
private func cubeRoot(_ n: Int) -> Double {
  var x = Double(n)
  for _ in 0..<100 { x -= (x * x * x - Double(n)) / (3 * x * x) }
  return x
}
