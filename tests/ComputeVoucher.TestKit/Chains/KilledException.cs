using System;

namespace ComputeVoucher.TestKit;

/// <summary>The process is dead from here on.</summary>
public sealed class KilledException : Exception;
