using System;

namespace ComputeVoucher.Client;

/// <summary>
/// A refusal meant for the holder: one line that says what, where and the remedy.
/// </summary>
public sealed class ClientException(string line, Exception? cause = null) : Exception(line, cause);
