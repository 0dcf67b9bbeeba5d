using System;

namespace ComputeVoucher.Execution;

/// <summary>Called after each step with the bytes that the step added to the output.</summary>
/// <param name="step">1, 2, 3 …; graphs call once, with step 1 and the whole output.</param>
/// <param name="added">Valid during the call.</param>
/// <returns>False to stop after this step.</returns>
public delegate bool StepCallback(uint step, ReadOnlySpan<byte> added);
