import Basics
import KVCache

/// What the screen (or a test) asks of the engine. Commands act between two tokens, two prefill
/// chunks or two vision blocks.
public enum EngineCommand: Sendable, Equatable {
  /// What `ModelLocator` finds: a folder, a file, or a name in a store; nil means the bundled model.
  case loadModel(String?)
  /// Lists the models on this machine; answered at any time, also while something else runs.
  case listModels
  case loadImage(path: String)
  case ask(String)
  /// Answers the last question again; the prompt is not prefilled again.
  case regenerate
  /// Answers the last question again, once with other sampling.
  case retry(SamplingOptions)
  /// Begins a conversation anew that was held before: reads its turns without answering.
  case resume(Resumption)
  /// Writes the cache's entries to a file from which `resume` takes them back.
  case keepEntries(path: String)
  /// Forgets the last question and its answer.
  case undo
  /// Chooses the tokens of the next answers like this.
  case setSampling(SamplingOptions)
  /// Begins a new conversation with this system sentence; nil is the template's own.
  case setSystem(String?)
  /// Forgets the conversation; keeps model and image.
  case clear
  case setBudget(BudgetRequest)
  case setPolicy(String)
  /// Answers the last question under each of several policies and budgets, from one prefill.
  case compare([ComparisonColumn])
  /// Goes on with a column of the last comparison as if it had been the answer.
  case adopt(column: Int)
  /// From the next answer on a twin with a full cache scores every token, or no longer does.
  case setTwin(Bool)
  /// Scores the last answer at many budgets; `cancel` interrupts it, and so does every other command
  /// that does not act between two tokens.
  case sweepBudgets
  /// Lets every question see evicted entries, or no longer.
  case setRecall(Bool)
  /// From now on tells with each token of an answer what it attended to, or no longer does.
  case recordAttention(Bool)
  /// Computes what the token at a position attended to, and how probable it was. Of several that wait
  /// only the last counts.
  case attention(of: Int)
  /// From now on tells after each `cache` why the entries of this position are kept or evicted; nil
  /// ends it.
  case explain(position: Int?)
  /// From now on tells this much of the cache's entries; the empty set costs nothing.
  case watch(CacheWatch)
  /// Looks at no more than so many squares of a picture; nil: as many as the model wants. Encodes the
  /// picture again, which begins a new conversation.
  case setTiles(Int?)
  /// Lets no more than so many rows of a picture into the language model; nil: all. The conversation goes
  /// on, and is read again behind the rows that enter now.
  case setPictureTokens(PictureTokens?)
  /// Asks for `settled` as soon as everything that was asked for before is done.
  case settle
  /// Stops the running answer; what was generated stays.
  case cancel
  case shutdown
}

/// A long-running step whose progress is shown.
public enum EngineStage: String, Sendable, Equatable {
  case loading, vision, prefill
}

/// What happened in the engine, in order.
public enum EngineEvent: Sendable, Equatable {
  case progress(EngineStage, done: Int, total: Int)
  case modelLoaded(ModelSummary)
  /// The answer to `listModels`.
  case models(ModelCatalogue)
  /// The picture is decoded. With a model it is now encoded; so is the last picture after
  /// `modelLoaded`. The end of that is `cleared`, or `loadFailed`.
  case imageLoaded(path: String, Pixels)
  /// The picture is about to be encoded like this.
  case pictureLaidOut(PictureLayout)
  /// A sentence that the user should know while things go on.
  case notice(String)
  /// A model or a picture could not be loaded, or loading it was stopped; what was there before
  /// stays.
  case loadFailed(LoadFailure)
  /// No more than so many rows of a picture enter the language model from now on; nil: all. A problem is a
  /// sentence that says why it is not what was asked for.
  case pictureTokens(PictureTokens?, problem: String?)
  /// Where the rows of the picture that entered the language model lie on it.
  case patches(PatchMap)
  /// The words of the prompt that was just read, with their positions.
  case promptRead([PromptWord])
  /// After `resume` has a turn, counted from 0: the words of its question and of its answer.
  case turnResumed(Int, question: [PromptWord], answer: [AnsweredToken])
  /// The conversation goes on with this answer: the end of `adopt`.
  case adopted(AdoptedAnswer)
  /// The prompt is prefilled; the first token follows.
  case answerStarted(promptTokens: Int, timeToFirstToken: Duration)
  /// New text of the running answer: whole characters only; may be empty while bytes are pending. The rate
  /// is the mean over the answer so far; nil with the first token, which the prompt brought.
  case token(text: String, tokensPerSecond: Double?)
  /// After each `token`: how probable it was, and what else was. Also with an `attention` that was asked
  /// for.
  case choice(TokenChoice)
  /// What a token attended to: after its `choice` while that is recorded, and when it was asked for.
  case attention(TokenAttention)
  case answerFinished(AnswerStatistics)
  /// The answer was stopped before its first token; the conversation is as it was before.
  case stopped
  /// After each token, each prefill and each reconfiguration.
  case cache(CacheSnapshot)
  /// After each `cache`, while somebody watches.
  case entries(CacheEntries)
  /// After each `cache`, while somebody asks about a position.
  case standing(EntryStanding)
  case reconfigured(ReconfigurationReport)
  case comparison(ComparisonEvent)
  /// While there is a twin: what the full cache makes of a token, a few tokens after its `choice`, and
  /// before `answerFinished` at the latest. Also of the end, where the answer ended by itself.
  case quality(TokenQuality)
  case sweep(SweepEvent)
  /// After each answer of a model that no processor's cache holds: tokens per second that the
  /// memory's bandwidth allows while the cache is as large as now.
  case decodeBound(tokensPerSecond: Double)
  /// A new conversation begins, with the picture that was loaded last.
  case cleared
  /// The end of `resume`: the conversation goes on, or why it does not; then a new one begins.
  case resumed(problem: String?)
  /// The end of `keepEntries`: the file's size, or nil and a sentence that says why there is none.
  case entriesKept(bytes: Int?, problem: String?)
  /// Everything that was asked for before `settle` is done, and its events have been sent.
  case settled
  /// A complete sentence for the user, and what a program without anybody at the keyboard ends with.
  /// The engine stays usable.
  case failed(String, ExitStatus = .badData)
}
