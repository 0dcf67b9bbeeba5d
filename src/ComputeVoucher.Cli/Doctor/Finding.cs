namespace ComputeVoucher.Cli;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="Ok">False: the node would not work well.</param>
/// <param name="Text">What was found, with the remedy where it is not ok.</param>
internal sealed record Finding(string Name, bool Ok, string Text);
