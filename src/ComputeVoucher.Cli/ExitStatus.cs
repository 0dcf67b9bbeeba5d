namespace ComputeVoucher.Cli;

/// <summary>What the shell sees.</summary>
internal static class ExitStatus
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUsage = 2;
}
