import CKernels
import KVCache

/// Scaled dot-product attention. Arrays are f32 and row-major; the scale is 1 / √headDim.
///
/// Results do not depend on the number of threads: each unit of rows has its own partial sums,
/// units follow from the shape alone, and their sums are added in order.
///
/// Over a view whose precision is rotated, `q` is rotated and so is `out`.
public enum Attention {
  /// Causal: query i (of n) sees the first `length - n + i + 1` entries of the view.
  ///
  /// - Parameters:
  ///   - q: `[n, heads, headDim]`, after rotary embedding.
  ///   - firstVisible: `[n]`, ascending: the first entry that each query sees, at most its own; nil
  ///     when there is no window.
  ///   - rounded: queries and probabilities may be rounded to bf16, as inputs of the integer types are.
  ///     Only AMX does that, and not with a cache in f32; otherwise all arithmetic is in f32.
  ///   - out: `[n, heads, headDim]`
  ///   - columnSums: `[length]` or nil. Each entry's softmax, mean over heads and summed over queries,
  ///     is added to it.
  ///   - window: the same sums over the last `rows` queries only.
  public static func prefill(
    q: UnsafePointer<Float>, n: Int, heads: Int, view: LayerView, firstVisible: [Int]? = nil,
    kvHeads: Int, headDim: Int, rounded: Bool, out: UnsafeMutablePointer<Float>,
    columnSums: UnsafeMutablePointer<Float>?,
    window: (rows: Int, sums: UnsafeMutablePointer<Float>)? = nil, pool: ThreadPool
  ) {
    precondition(n <= view.length, "the queries' own entries must be in the cache")
    guard n > 0 else { return }
    var problem = ck_attention(
      q: q, n: n, heads: heads, view: view, kvHeads: kvHeads, headDim: headDim, out: out)
    problem.causal = 1
    problem.arithmetic =
      view.precision == .f32
      ? CK_ARITHMETIC_F32 : rounded ? CK_ARITHMETIC_BF16 : CK_ARITHMETIC_SPLIT_BF16
    (firstVisible ?? []).withUnsafeBufferPointer { first in
      precondition(first.isEmpty || first.count == n, "every query needs its first entry")
      problem.first_visible = first.isEmpty ? nil : first.baseAddress
      run(
        problem, columnSums: columnSums, windowSums: window?.sums,
        window: min(n, window?.rows ?? 0), pool: pool)
    }
  }

  /// One query over all entries.
  ///
  /// - Parameters:
  ///   - q: `[heads, headDim]`
  ///   - out: `[heads, headDim]`
  ///   - attention: `[length]` or nil: receives the softmax, mean over heads.
  public static func decode(
    q: UnsafePointer<Float>, heads: Int, view: LayerView, kvHeads: Int, headDim: Int,
    out: UnsafeMutablePointer<Float>, attention: UnsafeMutablePointer<Float>?, pool: ThreadPool
  ) {
    precondition(view.length > 0, "the query's own entry must be in the cache")
    var problem = ck_attention(
      q: q, n: 1, heads: heads, view: view, kvHeads: kvHeads, headDim: headDim, out: out)
    let chunkLength = Int(CK_DECODE_CHUNK)
    let chunks = (view.length + chunkLength - 1) / chunkLength
    let isa = pool.isa
    let scores = UnsafeMutablePointer<Float>.allocate(capacity: heads * view.length)
    let partials = UnsafeMutablePointer<Float>.allocate(capacity: ck_decode_partials(&problem))
    defer {
      scores.deallocate()
      partials.deallocate()
    }
    withUnsafePointer(to: problem) { problem in
      pool.parallel(kvHeads * chunks) { task in
        let failed = ck_decode_chunk(isa, problem, task / chunks, task % chunks, scores, partials)
        precondition(failed == 0, "no memory is left for attention")
      }
      for head in 0..<heads { ck_decode_combine(problem, head, partials) }
      if let attention {
        ck_decode_mean(isa, problem, scores, partials, 0, view.length, attention)
      }
    }
  }

  /// Every query sees every key, as in the vision tower.
  ///
  /// - Parameters:
  ///   - q: `[n, heads, headDim]`, like k, v and out.
  ///   - exact: all arithmetic is in f32, even where AMX would be faster.
  public static func bidirectional(
    q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, n: Int, heads: Int,
    headDim: Int, exact: Bool, out: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    guard n > 0 else { return }
    let problem = ck_attention(
      q: q, out: out, n: n, heads: heads, kv_heads: heads, head_dim: headDim, keys: k, values: v,
      length: n, head_stride: headDim * 4, entry_stride: heads * headDim * 4,
      precision: ck_type(CK_TYPE_F32), causal: 0, first_visible: nil,
      arithmetic: exact ? CK_ARITHMETIC_F32 : CK_ARITHMETIC_SPLIT_BF16)
    run(problem, columnSums: nil, windowSums: nil, window: 0, pool: pool)
  }

  /// Tasks per thread, when there are enough rows. More tasks would balance the load better, but
  /// with AMX every task packs the keys and values that it sees for the tile registers.
  private static let tasksPerThread = 16

  private static func run(
    _ problem: ck_attention, columnSums: UnsafeMutablePointer<Float>?,
    windowSums: UnsafeMutablePointer<Float>?, window: Int, pool: ThreadPool
  ) {
    var problem = problem
    let (kvHeads, length, isa) = (problem.kv_heads, problem.length, pool.isa)
    let blocks = ck_attention_blocks(&problem)
    let unit = Int(CK_ATTENTION_UNIT)
    let units = (blocks + unit - 1) / unit
    let tasksPerHead = min(units, max(1, pool.threads * tasksPerThread / kvHeads))
    let share = 1 / Float(problem.heads)
    let sums = kvHeads * units
    let partials = PartialSums(count: sums, length: length, wanted: columnSums != nil)
    let windowPartials = PartialSums(count: sums, length: length, wanted: windowSums != nil)
    withUnsafePointer(to: problem) { problem in
      pool.parallel(kvHeads * tasksPerHead) { task in
        // The last rows see the most entries. Their tasks come first, so that no thread begins a
        // long task when the others finish.
        let (head, index) = (task % kvHeads, tasksPerHead - 1 - task / kvHeads)
        let first = units * index / tasksPerHead
        let last = units * (index + 1) / tasksPerHead
        let failed = ck_attention_rows(
          isa, problem, head, first * unit, min(blocks, last * unit),
          partials.row(head * units + first), windowPartials.row(head * units + first), window)
        precondition(failed == 0, "no memory is left for attention")
      }
    }
    partials.add(to: columnSums, scaledBy: share, pool: pool)
    windowPartials.add(to: windowSums, scaledBy: share, pool: pool)
  }
}

/// `[count, length]`: the column sums of each unit of rows. They are added in the units' order.
private struct PartialSums {
  let count: Int
  let length: Int
  let values: UnsafeMutablePointer<Float>?

  init(count: Int, length: Int, wanted: Bool) {
    self.count = count
    self.length = length
    values = wanted ? .allocate(capacity: count * length) : nil
    values?.initialize(repeating: 0, count: count * length)
  }

  func row(_ index: Int) -> UnsafeMutablePointer<Float>? { values.map { $0 + index * length } }

  /// Adds the sums of all units to `target` and frees their memory.
  func add(to target: UnsafeMutablePointer<Float>?, scaledBy share: Float, pool: ThreadPool) {
    guard let target, let values else { return }
    defer { values.deallocate() }
    pool.parallel(count: length, grain: 256) { range in
      for column in range {
        var sum: Float = 0
        for index in 0..<count { sum += values[index * length + column] }
        target[column] += sum * share
      }
    }
  }
}

extension ck_attention {
  init(
    q: UnsafePointer<Float>, n: Int, heads: Int, view: LayerView, kvHeads: Int, headDim: Int,
    out: UnsafeMutablePointer<Float>
  ) {
    precondition(heads % kvHeads == 0, "query heads must share key/value heads evenly")
    self.init(
      q: q, out: out, n: n, heads: heads, kv_heads: kvHeads, head_dim: headDim, keys: view.keys,
      values: view.values, length: view.length, head_stride: view.headStride,
      entry_stride: view.entryStride, precision: view.precision.type, causal: 0,
      first_visible: nil, arithmetic: CK_ARITHMETIC_F32)
  }
}
