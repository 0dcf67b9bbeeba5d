namespace ComputeVoucher.Chain;

/// <summary>What src/contracts/courts/Disputes.sol declares and Chain uses.</summary>
internal static class DisputesAbi
{
    private const string Move = $"uint256,{CourtStructs.MatterType}";

    public static readonly ContractFunction AnswerRoot =
        new(0xbad9b233, $"answerRoot({Move},{CourtStructs.StatementType})");

    public static readonly ContractFunction AnswerCancel =
        new(0x8d0e9618, $"answerCancel({Move},{CourtStructs.SignatureType})");

    public static readonly ContractFunction Answer = new(0x803ba55d, $"answer({Move},bytes)");

    public static readonly ContractFunction AnswerOperands =
        new(0xe4d9ca07, $"answerOperands({Move},bytes,bytes,bytes)");

    public static readonly ContractFunction WantInput = new(0xc229f3de, $"wantInput({Move})");

    public static readonly ContractFunction ShowInput = new(0x5b3a2683, $"showInput({Move},bytes)");

    public static readonly ContractFunction Pick =
        new(0x4016cc42, $"pick({Move},uint256,bytes32,bytes32[])");

    public static readonly ContractFunction AskOperands =
        new(0xdd270c09, $"askOperands({Move},bytes)");

    public static readonly ContractFunction Prove = new(0x566d4155, $"prove({Move},bytes)");

    public static readonly ContractFunction Refute =
        new(0x56549c5d, $"refute({Move},bytes,bytes,bytes)");

    public static readonly ContractFunction Defer = new(
        0x4570de55,
        $"defer({Move},{VouchersAbi.ClassType},{VouchersAbi.ChannelType},uint256,uint256,uint128,"
            + "bytes)");

    public static readonly ContractFunction Start = new(0x357507a1, $"start({Move})");

    public static readonly ContractFunction Timeout = new(0x074f936a, $"timeout({Move})");

    public static readonly ContractFunction DisputeCount = new(0xa28889e1, "disputeCount()");

    public static readonly ContractFunction DisputeOf = new(0xb1eb0fb7, "disputeOf(uint256)");

    public static readonly ContractFunction TurnOf = new(0x2ee2559d, "turnOf(uint256)");

    public static readonly ContractFunction OperandsOf = new(0x9ece528a, "operandsOf(uint256)");

    public static readonly ContractEvent Opened = new(
        "3a7c8502e82d8d25c44b8f964bb461406304bbb5b8b3ed52b3ecf66656f699d9",
        $"Opened(uint256,bytes32,uint64,{CourtStructs.MatterType})");

    public static readonly ContractEvent Started = new(
        "006e0c97de781a7389d44ba8fd35d1467cabb17ed04d038d166d34ab819213f3",
        "Started(uint256)");

    public static readonly ContractEvent RootStated = new(
        "2daff8d2c20f60a152ecb9b5f7f47a3c7bafa92ae8808573d327f9cd23e1dc49",
        "RootStated(uint256,bytes32)");

    public static readonly ContractEvent Answered = new(
        "f6591bfb0636c73d084ae2deec0d07303b37200f0d6e7623a4854077e33a7228",
        "Answered(uint256,uint8)");

    public static readonly ContractEvent Asked = new(
        "d86a4abddd19bdc5887f493fe9b42213acfab2bb5f2d97aed226a24a0da5bd69",
        "Asked(uint256,uint8)");

    public static readonly ContractEvent OperandsWanted = new(
        "ece1d7d381e721f3447e379eac963a25c4ae331257b1cba854ad617a00b476e9",
        "OperandsWanted(uint256,bytes)");

    public static readonly ContractEvent InputWanted = new(
        "54068b176889a93d8eb6459e7b0399e3b99161c205c0ffa332b857fde2b5d95b",
        "InputWanted(uint256)");

    public static readonly ContractEvent InputShown = new(
        "ca3dda30ae545abdfb84c495034155f7facc364d07493b4a34474bbb881bdcea",
        "InputShown(uint256)");

    public static readonly ContractEvent Ended = new(
        "c9e68e814a239c1b5d4023e8a97ba8ee1ca28c3ea9c4cba0639c83d8d27fa114",
        "Ended(uint256,bool)");
}
