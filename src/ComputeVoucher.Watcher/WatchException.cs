using System;

namespace ComputeVoucher.Watcher;

/// <summary>
/// A refusal meant for whoever watches: one line that says what, where and the remedy.
/// </summary>
public sealed class WatchException(string line, Exception? cause = null) : Exception(line, cause);
