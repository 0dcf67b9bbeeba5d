pragma circom 2.0.0;

// A little of everything that circuits of graphs consist of: bits, a sum with constants, a product,
// public words in and out. Witnesses are mostly 0 and 1.
template Bits(n) {
    signal input in;
    signal output out[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * 2 ** i;
    }
    sum === in;
}

template Tiny() {
    signal input secret;
    signal input shown[2];
    signal output sum;
    signal output product;

    component bits = Bits(96);
    bits.in <== secret;
    signal square;
    square <== secret * secret;
    product <== square * shown[0];
    var weighted = 0;
    for (var i = 0; i < 96; i++) {
        weighted += (i * i - 100) * bits.out[i];
    }
    sum <== weighted + shown[1];
}

component main {public [shown]} = Tiny();
