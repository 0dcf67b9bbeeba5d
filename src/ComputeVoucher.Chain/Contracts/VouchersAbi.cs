namespace ComputeVoucher.Chain;

/// <summary>What src/contracts/interfaces/IVouchers.sol declares and Chain uses.</summary>
internal static class VouchersAbi
{
    public const string ClassType =
        "(address,uint128,uint64,uint32,uint32,uint16,uint16,bytes32,address)";

    public const string ChannelType = "(address,address,address,uint256,bytes32)";

    private const string SignatureType = "(bytes32,bytes32)";

    public static readonly ContractFunction Mint =
        new(0x458d814e, $"mint({ClassType},uint256,address)");

    public static readonly ContractFunction MintWithPermit = new(
        0x4bf5978a,
        $"mintWithPermit({ClassType},uint256,address,uint256,uint8,bytes32,bytes32)");

    public static readonly ContractFunction Open =
        new(0xecfc9dff, $"open({ClassType},{ChannelType},uint128)");

    public static readonly ContractFunction TopUp =
        new(0xdfbd44ac, $"topUp({ClassType},{ChannelType},uint128)");

    public static readonly ContractFunction Thaw =
        new(0xdc816e8f, $"thaw({ClassType},{ChannelType})");

    public static readonly ContractFunction Withdraw =
        new(0xa39cd1b5, $"withdraw({ClassType},{ChannelType})");

    public static readonly ContractFunction Close = new(
        0xe008defd,
        $"close({ClassType},{ChannelType},uint128,uint64,{SignatureType},{SignatureType})");

    public static readonly ContractFunction Reclaim =
        new(0x4c8e327f, $"reclaim({ClassType},uint256,address)");

    public static readonly ContractFunction Migrate =
        new(0xb6749752, $"migrate({ClassType},{ClassType},uint256,address)");

    public static readonly ContractFunction Spend =
        new(0xf55b260f, $"spend({ClassType},{ChannelType},uint128)");

    public static readonly ContractFunction RedeemBatch =
        new(0x6c6768e3, $"redeemBatch({ClassType},address,bytes)");

    public static readonly ContractFunction Release = new(0x3e97394c, "release(uint256[])");

    public static readonly ContractFunction Settle = new(0x9db32a8f, "settle(address,address)");

    public static readonly ContractFunction Quote = new(0xd5d27b05, $"quote({ClassType},uint256)");

    public static readonly ContractFunction Minted = new(0x7dc0bf3f, "minted(uint256)");

    public static readonly ContractFunction Channel = new(0xb7d9c80e, "channel(bytes32)");

    public static readonly ContractFunction Aux = new(0x400876f0, "aux(bytes32)");

    public static readonly ContractFunction Refunded =
        new(0xa5dc75b4, "refunded(uint256,uint256)");

    public static readonly ContractFunction Batch = new(0x0eaa75fe, "batch(uint256)");

    public static readonly ContractFunction BatchCount = new(0x06f13056, "batchCount()");

    public static readonly ContractFunction Earned = new(0x211dc32d, "earned(address,address)");

    public static readonly ContractFunction Burned = new(0xa7509b83, "burned(address)");

    public static readonly ContractFunction ProvidersOf = new(0xf8401fe6, "providers()");

    public static readonly ContractFunction BalanceOf =
        new(0x00fdd58e, "balanceOf(address,uint256)");

    public static readonly ContractFunction Transfer =
        new(0xf242432a, "safeTransferFrom(address,address,uint256,uint256,bytes)");

    public static readonly ContractEvent ChannelOpened = new(
        "c5647c9f66e3ba6d0914989e85d1d2de9cd74b17c17e5bb84be3df047fc0fe66",
        "ChannelOpened(bytes32,address,address,address,uint256,bytes32,uint128)");

    public static readonly ContractEvent ToppedUp = new(
        "dfa614568d7b8ee2168e9fc79bc7c94197d23a5c012c0d5a3e35e8f1c87e8594",
        "ToppedUp(bytes32,address,uint128,uint128)");

    public static readonly ContractEvent ThawStarted = new(
        "99c3157b1c40baf8f00101733fb7b19aa9c0347028acae11e2cfedd3c6b57b50",
        "ThawStarted(bytes32,address,uint40)");

    public static readonly ContractEvent Withdrawn = new(
        "5857872d37a27a80a3e31c95dc4d12a90a38825097aba270cd500003b1c2cbb2",
        "Withdrawn(bytes32,address,uint128,uint128)");

    public static readonly ContractEvent ChannelClosed = new(
        "851f509ca731444678ebe3e64c9ef9f42b6279ac93792d71bd5d8631d3dae730",
        "ChannelClosed(bytes32,address,uint128,uint128)");

    public static readonly ContractEvent BatchRedeemed = new(
        "f827852bedb807fbf34ea98a98f62e913b54773ecf2c54f36ffed3b58d34092f",
        "BatchRedeemed(address,uint256,uint256,uint256,uint256,uint256)");

    public static readonly ContractEvent BatchEscrowed = new(
        "7032eb9c6d39722227c4a29a7140aaa0736bb317d05b9e570f7bdf002cbfe515",
        "BatchEscrowed(uint256,uint40,bytes)");
}
