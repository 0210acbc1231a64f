import CKernels
import KVCache

extension Attention {
  /// Decoding of several tokens that see mostly the same entries: each chunk of entries is read from
  /// memory once for all of them. A token's bits are those of `decode`, because its chunks are.
  ///
  /// Chunks that all tokens see alike come first (`computeShared`), then the others (`complete`), between
  /// whose calls the entries may change.
  struct Rows {
    private let q: UnsafePointer<Float>
    private let out: UnsafeMutablePointer<Float>
    private let heads: Int
    private let kvHeads: Int
    private let headDim: Int
    private let pool: ThreadPool
    private var works: [Work] = []
    /// Chunks that were computed for all tokens.
    private var shared = 0

    /// What `ck_decode_chunk` writes for one token.
    private struct Work {
      var problem: ck_attention
      let scores: UnsafeMutablePointer<Float>
      let partials: UnsafeMutablePointer<Float>
      var chunks: Int { (problem.length + Rows.chunk - 1) / Rows.chunk }
    }

    private static let chunk = Int(CK_DECODE_CHUNK)

    /// - Parameters:
    ///   - q: `[rows, heads, headDim]`, after rotary embedding.
    ///   - out: `[rows, heads, headDim]`
    init(
      q: UnsafePointer<Float>, heads: Int, kvHeads: Int, headDim: Int,
      out: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
      self.q = q
      self.out = out
      self.heads = heads
      self.kvHeads = kvHeads
      self.headDim = headDim
      self.pool = pool
    }

    /// Computes the chunks within the first `slots` entries, which all tokens see alike.
    ///
    /// - Parameter lengths: `[rows]`: entries that each token will see; empty when that is not known.
    mutating func computeShared(_ slots: Int, of view: LayerView, lengths: [Int]) {
      for length in lengths { add(view, length: length) }
      shared = slots / Self.chunk
      compute(works.indices, chunks: 0..<shared)
    }

    /// Computes what is left of some tokens.
    ///
    /// - Parameters:
    ///   - lengths: `[chosen]`: entries that each of them sees, its own included.
    ///   - isObserved: whether its attention is wanted.
    /// - Returns: `[chosen]`: the softmax, mean over heads, over the entries that it sees; empty
    ///   arrays unless wanted.
    mutating func complete(
      _ chosen: Range<Int>, of view: LayerView, lengths: Range<Int>, isObserved: Bool
    ) -> [[Float]] {
      if works.count < chosen.upperBound { for length in lengths { add(view, length: length) } }
      compute(chosen, chunks: shared..<works[chosen.upperBound - 1].chunks)
      var attention = lengths.map { [Float](repeating: 0, count: isObserved ? $0 : 0) }
      attention.withUnsafeMutableBufferPointer { attention in
        nonisolated(unsafe) let attention = attention
        let (works, heads, isa) = (works, heads, pool.isa)
        pool.parallel(chosen.count) { index in
          let work = works[chosen.lowerBound + index]
          withUnsafePointer(to: work.problem) { problem in
            for head in 0..<heads { ck_decode_combine(problem, head, work.partials) }
            guard isObserved else { return }
            attention[index].withUnsafeMutableBufferPointer {
              ck_decode_mean(
                isa, problem, work.scores, work.partials, 0, problem.pointee.length,
                $0.baseAddress!)
            }
          }
        }
      }
      return attention
    }

    /// Gives the memory back.
    mutating func end() {
      for work in works {
        work.scores.deallocate()
        work.partials.deallocate()
      }
      works = []
    }

    private mutating func add(_ view: LayerView, length: Int) {
      let start = works.count * heads * headDim
      var problem = ck_attention(
        q: q + start, n: 1, heads: heads, view: view.prefix(length), kvHeads: kvHeads,
        headDim: headDim, out: out + start)
      works.append(
        Work(
          problem: problem, scores: .allocate(capacity: heads * length),
          partials: .allocate(capacity: ck_decode_partials(&problem))))
    }

    /// Computes some chunks of some tokens, each chunk for all of them that have it.
    private func compute(_ rows: Range<Int>, chunks: Range<Int>) {
      let (works, isa) = (works, pool.isa)
      pool.parallel(kvHeads * chunks.count) { task in
        let (head, index) = task.quotientAndRemainder(dividingBy: chunks.count)
        let chunk = chunks.lowerBound + index
        for row in rows where chunk < works[row].chunks {
          let failed = withUnsafePointer(to: works[row].problem) {
            ck_decode_chunk(isa, $0, head, chunk, works[row].scores, works[row].partials)
          }
          precondition(failed == 0, "no memory is left for attention")
        }
      }
    }
  }
}
