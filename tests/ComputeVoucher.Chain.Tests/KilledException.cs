using System;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The process is dead from here on.</summary>
internal sealed class KilledException : Exception;
