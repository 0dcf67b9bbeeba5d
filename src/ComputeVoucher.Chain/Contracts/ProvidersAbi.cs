namespace ComputeVoucher.Chain;

/// <summary>What src/contracts/interfaces/IProviders.sol declares and Chain uses.</summary>
internal static class ProvidersAbi
{
    public static readonly ContractFunction Join =
        new(0x3eebca2a, "join(address,(bytes32,bytes32))");

    public static readonly ContractFunction Stake =
        new(0x358ee981, "stake(address,address,address,uint128)");

    public static readonly ContractFunction Exit =
        new(0x5bc9d96d, "exit(address,address,address)");

    public static readonly ContractFunction Withdraw =
        new(0xd740d4f4, "withdraw(address,address,address,address)");

    public static readonly ContractFunction Revoke = new(0x74a8f103, "revoke(address)");

    public static readonly ContractFunction Settle = new(0x9db32a8f, "settle(address,address)");

    public static readonly ContractFunction ProviderOf = new(0x21338b38, "providerOf(address)");

    public static readonly ContractFunction RevokedAt = new(0x1947aee4, "revokedAt(address)");

    public static readonly ContractFunction Bond = new(0x18e79844, "bond(address,address,address)");

    public static readonly ContractFunction Earned = new(0x211dc32d, "earned(address,address)");
}
