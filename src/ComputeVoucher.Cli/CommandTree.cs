using System.CommandLine;

namespace ComputeVoucher.Cli;

/// <summary>Every command of the program.</summary>
internal static class CommandTree
{
    /// <summary>
    /// Takes every argument as it is: a text that begins with @ is a text, and names no file whose
    /// lines would become options.
    /// </summary>
    private static readonly ParserConfiguration s_parsing = new()
    {
        ResponseFileTokenReplacer = null,
    };

    public static ParseResult Parse(RootCommand root, string[] args) =>
        root.Parse(args, s_parsing);

    public static RootCommand Create()
    {
        RootCommand root = new(
            "ComputeVoucher: a provider node for verifiable AI inference, and its clients.\n"
            + "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 sent and the outcome\n"
            + "unknown (look before you repeat).");
        root.Add(CommonOptions.Json);
        root.Add(ModelCommands.Create());
        root.Add(InferCommand.Create());
        root.Add(BenchCommand.Create());
        root.Add(GenerateCommand.Create());
        root.Add(TokenizeCommand.Create());
        root.Add(FidelityCommand.Create());
        root.Add(ServeCommand.Create());
        root.Add(KeyCommands.Create());
        root.Add(DeployCommand.Create());
        root.Add(ClassCommands.Create());
        root.Add(ProviderCommands.Create());
        root.Add(VoucherCommands.Create());
        root.Add(ChannelCommands.Create());
        root.Add(TransactionCommand.Create());
        root.Add(RequestCommand.Create());
        root.Add(TraceCommand.Create());
        root.Add(WatchCommand.Create());
        root.Add(CourtCommands.Create());
        root.Add(RedeemCommand.CreateRedeem());
        root.Add(RedeemCommand.CreateOutbox());
        root.Add(VerifyCommands.CreateOpen());
        root.Add(VerifyCommands.CreateVerify());
        root.Add(CircuitCommand.Create());
        root.Add(ProofCommands.CreateProve());
        root.Add(OperateCommands.CreateStatus());
        root.Add(OperateCommands.CreateDrain());
        root.Add(OperateCommands.CreateReload());
        root.Add(LedgerCommands.Create());
        root.Add(ProbeCommand.Create());
        root.Add(DoctorCommand.Create());
        root.Add(DevCommand.Create());
        return root;
    }
}
