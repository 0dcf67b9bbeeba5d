namespace ComputeVoucher.Primitives.Tests;

public sealed class Keccak256Tests
{
    [Fact]
    public void Hash_OfNothing_IsTheKnownDigest() =>
        Assert.Equal(
            "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
            Keccak256.Hash([]).ToString());

    [Fact]
    public void Address_ToString_CarriesTheEip55Checksum() =>
        Assert.Equal(
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            Address.Parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").ToString());
}
